"""TRL trains on the files as `convert` writes them, further columns and all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dramaturg.dataset import convert

WHY = "TRL (and with it torch) is in the extra 'peers', not installed here"
pytest.importorskip("trl", reason=WHY)
pytest.importorskip("torch", reason=WHY)

TALK = {"user_1": ["I keep goats."], "user_2": ["I play the cello."]}
GOOD = {**TALK, "turns": [["User 1", "Hi"], ["User 2", "Do you like goats?"]]}
BAD = {**TALK, "turns": [["User 1", "Hi"], ["User 2", "No."]]}
TEMPLATE = (
    "{% for m in messages %}<{{ m['role'] }}>"
    "{% if m['role'] == 'assistant' %}"
    "{% generation %}{{ m['content'] + '</s>' }}{% endgeneration %}"
    "{% else %}{{ m['content'] + '</s>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def model_and_tokenizer() -> tuple[Any, Any]:
    """A tiny model, and one token a byte."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={c: n for n, c in enumerate(letters)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, pad_token="<pad>", eos_token="</s>")
    tokenizer.chat_template = TEMPLATE
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=8, intermediate_size=8, num_hidden_layers=1,
        num_attention_heads=1, num_key_value_heads=1,
    )  # fmt: skip
    return LlamaForCausalLM(config), tokenizer


def loaded(file: Path) -> Any:
    from datasets import load_dataset

    cache = str(file.parent / "cache")
    return load_dataset("json", data_files=str(file), split="train", cache_dir=cache)


def settings(place: Path) -> dict[str, Any]:
    return {
        "output_dir": str(place / "out"), "max_steps": 1, "per_device_train_batch_size": 1,
        "report_to": [], "use_cpu": True, "save_strategy": "no", "bf16": False, "max_length": None,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["trl-sft", "trl-prompt-completion"])
def test_sft_trains_on_the_file_as_it_is(tmp_path: Path, name: str) -> None:
    from trl import SFTConfig, SFTTrainer

    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, [GOOD, BAD])))
    convert(tmp_path / "a.jsonl", tmp_path / "b.jsonl", to_format=name)
    model, tokenizer = model_and_tokenizer()
    given = settings(tmp_path) | ({"assistant_only_loss": True} if name == "trl-sft" else {})
    trainer = SFTTrainer(
        model=model, args=SFTConfig(**given), train_dataset=loaded(tmp_path / "b.jsonl"),
        processing_class=tokenizer,
    )  # fmt: skip
    assert trainer.train().training_loss > 0


def test_dpo_trains_on_a_preference_file_as_it_is(tmp_path: Path) -> None:
    from trl import DPOConfig, DPOTrainer

    pair = [
        {"scene_id": "s", "speakers": [{"name": ""}, {"name": "", "persona": ["I ski."]}],
         "turns": [{"speaker": 0, "text": "Hi"}, {"speaker": 1, "text": said}],
         "provenance": {"extra": {"preference": {
             "pair": "r-1", "side": side, "reason": "kinder", "margin": 2.0}}}}
        for side, said in (("chosen", "Do you like snow?"), ("rejected", "No."))
    ]  # fmt: skip
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, pair)))
    convert(tmp_path / "a.jsonl", tmp_path / "b.jsonl", to_format="trl-preference")
    model, tokenizer = model_and_tokenizer()
    reference, _ = model_and_tokenizer()
    trainer = DPOTrainer(
        model=model, ref_model=reference, args=DPOConfig(**settings(tmp_path)),
        train_dataset=loaded(tmp_path / "b.jsonl"), processing_class=tokenizer,
    )  # fmt: skip
    assert trainer.train().training_loss > 0
