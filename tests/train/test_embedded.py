"""The training of the embedded model: cleaning, labels, layout, and a round trip in small."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import numpy as np
import pytest

from dramaturg.models.embedded.formats import Control
from dramaturg.train.embedded import selffacts
from dramaturg.train.embedded.cleaning import Truecaser, fill_names, merge_speakers, tidy_fact
from dramaturg.train.embedded.corpus import as_it_is, conversation
from dramaturg.train.embedded.sources import Source, grounding
from dramaturg.train.embedded.tasks import Tasks, asked

CASER = Truecaser(
    ["we went to Paris, and Paris was nice, to Paris, to Paris", "like Paris, in Paris"]
)


def letters(text: str) -> list[int]:
    return [32 + byte for byte in text.encode()]


def test_lower_case_text_with_parted_punctuation_is_made_plain() -> None:
    assert CASER("i've a dog . do you like paris ? ?") == "I've a dog. Do you like Paris?"


def test_a_fact_gets_its_contractions_its_capital_and_its_stop() -> None:
    assert tidy_fact("i m from paris", CASER) == "I'm from Paris."
    assert tidy_fact("I don t eat meat.", CASER) == "I don't eat meat."


def test_open_names_are_filled_alike_and_other_placeholders_drop_the_conversation() -> None:
    turns = [(0, "Hi, I'm [user 1's name]."), (1, "Hi [user 1's name], I'm (your name).")]
    filled = fill_names(turns, random.Random(1))
    assert filled is not None
    name = filled[0][1].removeprefix("Hi, I'm ").removesuffix(".")
    assert filled[1][1].startswith(f"Hi {name}, I'm ")
    assert "(" not in filled[1][1]
    assert fill_names([(0, "I live in [city].")], random.Random(1)) is None


def test_turns_of_one_speaker_in_a_row_are_joined() -> None:
    assert merge_speakers([(0, "Hi."), (0, "You?"), (1, ""), (1, "Me.")]) == [
        (0, "Hi. You?"),
        (1, "Me."),
    ]


def test_a_turn_is_grounded_only_in_a_fact_of_its_own_speaker() -> None:
    facts = (["I have two dogs."], ["I play the cello."])
    turns = [(0, "My two dogs bark."), (1, "I have two dogs too."), (1, "I play cello.")]
    assert grounding(Source("made", facts, turns)) == {
        0: "I have two dogs.",
        2: "I play the cello.",
    }


def test_a_self_fact_stands_alone() -> None:
    turn = "That's great! I work at a bakery downtown. I love it. What about you?"
    assert selffacts.statements(turn) == ["I work at a bakery downtown."]


def test_a_slot_is_always_a_fact_of_the_speakers_profile() -> None:
    turns = [(n % 2, f"I work at bakery number {n} downtown.") for n in range(8)]
    source = Source("made", (["I have two dogs."], ["I ski."]), turns)
    for seed in range(20):
        ids, weights = conversation(source, letters, random.Random(seed))
        assert len(ids) == len(weights)
        profile = ids[: ids.index(Control.DIALOGUE)]
        text = "".join(chr(i - 32) if i >= 32 else "|" for i in profile)
        body = "".join(chr(i - 32) if i >= 32 else f"<{i}>" for i in ids[len(profile) :])
        for slot in body.split(f"<{int(Control.FACT)}>")[1:]:
            assert slot.split("<")[0] in text


def test_a_measured_conversation_keeps_its_own_profile_and_weighs_turns_only() -> None:
    source = Source("human", (["I ski."], []), [(0, "Hi."), (1, "Hello.")])
    ids, weights = as_it_is(source, letters, slots=False)
    start = ids.index(Control.DIALOGUE)
    assert sum(weights[: start + 1]) == 0
    assert set(weights[start + 1 :]) == {1.0}
    assert ids[-1] == Control.EOS


def test_only_questions_about_the_other_become_queries() -> None:
    assert asked("I'm a cook. So what do you do for fun?") == "What do you do for fun?"
    assert asked("Do you like it there?") == ""


def test_a_model_trained_in_small_gives_the_same_logits_in_torch_and_in_numpy(
    tmp_path: Path,
) -> None:
    torch = pytest.importorskip("torch", reason="torch comes with the extra `train`")
    pytest.importorskip("tokenizers", reason="tokenizers comes with the extra `train`")
    from dramaturg.models.embedded.formats import Sizes
    from dramaturg.models.embedded.network import Network as Runtime
    from dramaturg.models.embedded.shipped import read_weights
    from dramaturg.train.embedded.export import export
    from dramaturg.train.embedded.fit import Settings, train
    from dramaturg.train.embedded.network import Network

    write_corpora(tmp_path)
    sizes = Sizes(400, width=32, layers=2, heads=4, kv_heads=2, head=8, feed=48)
    settings = Settings(steps=2, threads=1, batch_tokens=512, held_out=2, compiled=False)
    run = tmp_path / "run"
    assert train(tmp_path, run, settings, sizes) > 0
    card = export(run, tmp_path / "out")
    assert card["training"]["step"] == 2

    network = Network(sizes)
    network.load_state_dict(torch.load(run / "checkpoint.pt", weights_only=True)["network"])
    ids = [1, 3, 40, 50, 60, 70, 300]
    with torch.no_grad():
        hidden = network(torch.tensor([ids]))
        expected = (hidden @ network.embedding.weight.T)[0].numpy()
    found = Runtime(read_weights(tmp_path / "out")).prefill(0, ids, 0, every=True)
    np.testing.assert_allclose(found, expected, atol=0.02)


def write_corpora(folder: Path) -> None:
    turns = [
        ["User 1", "Hi! What do you do for fun at home?"],
        ["User 2", "I play the cello in an orchestra."],
        ["User 1", "I have two dogs and a small garden."],
        ["User 2", "Nice! Where do you live these days?"],
        ["User 1", "I live near the ocean in Norway."],
    ]
    facts = {"user_1": ["I have two dogs.", "I ski.", "I cook."], "user_2": ["I sing."] * 3}
    names = ("train", "new", "valid")
    paths = [f"synthetic-persona-chat/{name}.jsonl.gz" for name in names]
    paths += ["personachat/train-sample.jsonl.gz", "personachat/valid.jsonl.gz"]
    paths += ["training-text/topical-chat.jsonl.gz"]
    for path in paths:
        (folder / path).parent.mkdir(exist_ok=True)
        with gzip.open(folder / path, "wt", encoding="utf-8") as lines:
            for number in range(8):
                said = [text for _, text in turns] if "topical" in path else turns
                lines.write(json.dumps({"id": f"{path}-{number}", "turns": said} | facts) + "\n")


def test_the_tasks_are_drawn_from_questions_and_their_answers() -> None:
    turns = [
        (n % 2, text)
        for n in range(6)
        for text in [f"What do you do on day {n}?", f"I play cello number {n} at home."][n % 2 :][
            :1
        ]
    ]
    tasks = Tasks([Source("made", (["A.", "B.", "C."], ["D."]), turns)], {"induce": 3, "answer": 3,
                  "ask": 0, "more": 2})  # fmt: skip
    drawn = list(tasks.draw(letters, random.Random(0)))
    assert len(drawn) == 8
    assert drawn[0][0][1] == Control.INDUCE
