"""A filter's condition: what it may say, and that it can do nothing else."""

from __future__ import annotations

import pytest

from dramaturg.dataset.condition import condition
from dramaturg.errors import RecordError, UserError
from dramaturg.records import Conversation, Provenance, Speaker, Turn

TALK = Conversation(
    scene_id="s",
    speakers=(Speaker(name="Ann", persona=("I keep goats.",)), Speaker(name="Bo")),
    turns=(Turn(speaker=0, text="I have a DOG."), Turn(speaker=1, text="Nice!")),
    scores={"faithfulness": 0.9, "judge.tone": 2.0},
    scene={"topic": "pets"},
    split="train",
    provenance=Provenance(recipe="r", round=2, extra={"lang": "en"}),
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("scores.faithfulness >= 0.9", True),
        ("scores['judge.tone'] < 2", False),
        ("split == 'train' and round == 2", True),
        ("split in ['test', 'validation'] or turns > 1", True),
        ("not (1 < turns <= 2)", False),
        ("'dog' in text", False),
        ("'dog' in lower(text)", True),
        ("'goats' in persona and 'Bo' in names", True),
        ("scene.topic != 'pets'", False),
        ("extra.lang == 'en'", True),
        ("words / turns == 2.5", True),
        ("len(text) > 1_000", False),
        ("abs(-facts) == 1", True),
        ("true", True),
    ],
)
def test_it_says_what_it_says(text: str, wanted: bool) -> None:
    assert condition(text)(TALK) is wanted


@pytest.mark.parametrize("text", ["scores.toxicity < 0.5", "scene.time == 1", "turns > 'a'",
                                  "turns / 0 > 1", "lower(turns) == ''"])  # fmt: skip
def test_what_a_conversation_lacks_is_neither_true_nor_false(text: str) -> None:
    with pytest.raises(RecordError):
        condition(text)(TALK)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')", "text.__class__", "(lambda: 1)()", "[x for x in text]",
        "open('f')", "scores.__class__.x", "f'{text}'", "text if 1 else 2", "9 ** 9 ** 9",
        "'a' * 9", "(x := 1)", "", "turns >", "id = 1", "text is None", "1 << 99", "a" * 3_000,
        "(" * 500 + ")" * 500,
    ],
)  # fmt: skip
def test_nothing_else_is_let_in(text: str) -> None:
    with pytest.raises((UserError, RecordError)):
        condition(text)(TALK)


def test_a_typo_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(UserError) as caught:
        condition("tuns > 5")
    assert "did you mean 'turns'?" in str(caught.value)
