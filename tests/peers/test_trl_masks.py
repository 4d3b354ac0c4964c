"""TRL trains on our examples, and its labels are our loss masks, token for token."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dramaturg.dataset import convert
from dramaturg.dataset.examples import (
    Shape,
    as_chatml,
    as_messages,
    as_prompt_completion,
    chats,
    replies,
    token_mask,
)
from dramaturg.records import Conversation, Speaker, Turn, to_json

WHY = "TRL (and with it torch) is in the extra 'peers', not installed here"
pytest.importorskip("trl", reason=WHY)
pytest.importorskip("torch", reason=WHY)

TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}"
    "{% if m['role'] == 'assistant' %}"
    "{% generation %}{{ m['content'] + '<|im_end|>' }}{% endgeneration %}"
    "{% else %}{{ m['content'] + '<|im_end|>' }}{% endif %}{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def talk(n: int) -> Conversation:
    speakers = (
        Speaker(name="User 1", persona=("I keep goats.",)),
        Speaker(name="User 2", persona=("I play the cello.", f"I own {n} boats.")),
    )
    said = ((0, "Hi, é?"), (1, "Hello."), (1, "Tired?\nMe too."), (0, "No."), (1, "Good 🙂"))
    turns = tuple(Turn(speaker=who, text=text) for who, text in said)
    return Conversation(scene_id=f"s{n}", speakers=speakers, turns=turns)


def a_tokenizer() -> Any:
    """One token a byte, and the two marks of ChatML."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={c: n for n, c in enumerate(letters)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<|pad|>", eos_token="<|im_end|>",
        additional_special_tokens=["<|im_start|>"],
    )  # fmt: skip
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def trainer(rows: list[dict[str, Any]], tmp_path: Path, **options: Any) -> Any:
    """A trainer over a tiny model, on a JSON-lines file as the export writes it."""
    from datasets import load_dataset
    from transformers import LlamaConfig, LlamaForCausalLM
    from trl import SFTConfig, SFTTrainer

    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    tokenizer = a_tokenizer()
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=8, intermediate_size=8, num_hidden_layers=1,
            num_attention_heads=1, num_key_value_heads=1,
        )
    )  # fmt: skip
    settings = SFTConfig(
        output_dir=str(tmp_path / "out"), max_steps=1, per_device_train_batch_size=len(rows),
        report_to=[], use_cpu=True, max_length=None, save_strategy="no", bf16=False, **options,
    )  # fmt: skip
    data = load_dataset("json", data_files=str(file), split="train", cache_dir=str(tmp_path / "c"))
    return SFTTrainer(model=model, args=settings, train_dataset=data, processing_class=tokenizer)


def carried(made: Any) -> list[str]:
    """For each row of the collator's batch, the text of the tokens that carry loss."""
    (batch,) = list(made.get_train_dataloader())
    tokenizer = made.processing_class
    texts = []
    for ids, labels in zip(batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True):
        assert all(label in (-100, id) for id, label in zip(ids, labels, strict=True))
        texts.append(tokenizer.decode([label for label in labels if label != -100]))
    return sorted(texts)


def test_loss_falls_on_the_trained_speaker_s_messages_and_their_end_marks(tmp_path: Path) -> None:
    made = [example for n in range(2) for example in chats(talk(n), Shape(train_on="both"))]
    sft = trainer([as_messages(e) for e in made], tmp_path, assistant_only_loss=True)
    one = "Hi, é?<|im_end|>No.<|im_end|>"
    two = "Hello.\nTired?\nMe too.<|im_end|>Good 🙂<|im_end|>"
    assert carried(sft) == [two, two, one, one]
    assert sft.train().training_loss > 0


def test_our_own_mask_is_trl_s_mask(tmp_path: Path) -> None:
    (example,) = chats(talk(1), Shape(persona="text"))
    sft = trainer([as_messages(example)], tmp_path, assistant_only_loss=True)
    (batch,) = list(sft.get_train_dataloader())
    text, spans = as_chatml(example)
    coded = sft.processing_class(text, return_offsets_mapping=True)
    assert coded["input_ids"] == batch["input_ids"][0].tolist()
    ours = token_mask(coded["offset_mapping"], spans)
    assert ours == [int(label != -100) for label in batch["labels"][0].tolist()]


def test_what_convert_writes_is_trained_as_it_was_asked(tmp_path: Path) -> None:
    source = tmp_path / "chats.jsonl"
    source.write_text("".join(to_json(talk(n)) + "\n" for n in range(3)), encoding="utf-8")
    convert(source, tmp_path / "one.jsonl", to_format="trl-sft", train_on="1", window=3)
    rows = [json.loads(line) for line in (tmp_path / "one.jsonl").read_text().splitlines()]
    assert len(rows) == 6
    rows = [{"messages": row["messages"]} for row in rows]
    sft = trainer(rows, tmp_path, assistant_only_loss=True)
    assert carried(sft) == ["Hi, é?<|im_end|>"] * 3 + ["No.<|im_end|>"] * 3
    convert(source, tmp_path / "two.jsonl", to_format="trl-prompt-completion", distractors=2)
    rows = [json.loads(line) for line in (tmp_path / "two.jsonl").read_text().splitlines()]
    rows = [{key: row[key] for key in ("prompt", "completion")} for row in rows]
    sft = trainer(rows, tmp_path)
    assert carried(sft)[:3] == ["Good 🙂<|im_end|>\n"] * 3
    assert sft.train().training_loss > 0


def test_only_the_completion_carries_loss(tmp_path: Path) -> None:
    made = list(replies(talk(1), Shape(window=3, persona="system")))
    sft = trainer([as_prompt_completion(e) for e in made], tmp_path)
    assert carried(sft) == [
        "Good 🙂<|im_end|>\n", "Hello.\nTired?\nMe too.<|im_end|>\n",
    ]  # fmt: skip
    assert sft.train().training_loss > 0
