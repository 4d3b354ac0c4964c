"""Training examples: which words carry loss, and what else the model is shown."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.dataset import examples
from dramaturg.dataset.examples import Shape, chats, fact_pool, replies
from dramaturg.errors import UserError
from dramaturg.records import Conversation, Speaker, Turn


def talk(*turns: tuple[int, str], split: str = "train") -> Conversation:
    speakers = (
        Speaker(name="User 1", persona=("I keep goats.",)),
        Speaker(name="User 2", persona=("I play the cello.", "I work at night.")),
    )
    said = tuple(Turn(speaker=who, text=text) for who, text in turns)
    return Conversation(scene_id="s", speakers=speakers, turns=said, split=split)


TALK = talk((0, "Hi!"), (1, "Hello."), (1, "Tired?"), (0, "No."), (1, "Good."))


def shown(example: examples.Example) -> list[tuple[str, str, bool]]:
    return [(m.role, m.content, m.train) for m in example.messages]


def test_the_second_speaker_is_the_assistant_and_turns_in_a_row_are_one_message() -> None:
    (example,) = chats(TALK, Shape(persona="none"))
    assert shown(example) == [
        ("user", "Hi!", False),
        ("assistant", "Hello.\nTired?", True),
        ("user", "No.", False),
        ("assistant", "Good.", True),
    ]


def test_both_speakers_are_trained_in_examples_of_their_own() -> None:
    one, two = chats(TALK, Shape(train_on="both", persona="none"))
    assert [m.content for m in one.messages if m.train] == ["Hi!", "No."]
    assert [m.content for m in two.messages if m.train] == ["Hello.\nTired?", "Good."]


def test_the_persona_of_the_trained_speaker_stands_where_it_was_asked_to() -> None:
    (in_system,) = chats(TALK, Shape(persona="system"))
    assert in_system.messages[0].role == "system"
    assert in_system.messages[0].content.endswith("- I play the cello.\n- I work at night.")
    assert "goats" not in in_system.messages[0].content
    (in_text,) = chats(TALK, Shape(persona="text"))
    assert in_text.messages[0].content == (
        "your persona: I play the cello.\nyour persona: I work at night.\nHi!"
    )
    (opener,) = chats(TALK, Shape(train_on="1", persona="text"))
    assert shown(opener)[:2] == [
        ("user", "your persona: I keep goats.", False),
        ("assistant", "Hi!", True),
    ]


def test_a_reply_alone_carries_loss_and_a_window_bounds_what_is_shown() -> None:
    first, second = replies(TALK, Shape(persona="none", window=3))
    assert shown(first) == [("user", "Hi!", False), ("assistant", "Hello.\nTired?", True)]
    assert shown(second) == [
        ("assistant", "Tired?", False), ("user", "No.", False), ("assistant", "Good.", True),
    ]  # fmt: skip
    assert second.completion.turns == (4,)
    assert [m.content for m in second.prompt] == ["Tired?", "No."]


def test_a_whole_window_without_the_trained_speaker_gives_no_example() -> None:
    quiet = talk((0, "a"), (0, "b"), (0, "c"), (1, "d"))
    (only,) = chats(quiet, Shape(persona="none", window=2))
    assert [m.content for m in only.messages] == ["c", "d"]
    assert list(chats(quiet, Shape(train_on="3"))) == []


def test_distractors_are_facts_of_others_of_the_same_split_that_the_speaker_never_touches() -> None:
    others = [
        Conversation(
            scene_id=f"s{n}",
            speakers=(Speaker(name="A", persona=(f"I collect number {n} stamps.",)),),
            turns=(Turn(speaker=0, text="x"),),
            split="train" if n < 8 else "test",
        )
        for n in range(16)
    ]
    near = Conversation(
        scene_id="n",
        speakers=(Speaker(name="A", persona=("My cello is old.",)),),
        turns=(Turn(speaker=0, text="x"),),
        split="train",
    )
    pool = fact_pool([*others, near, TALK])
    (example,) = chats(TALK, Shape(distractors=3), pool)
    strange = [f for f, own in zip(example.facts, example.own, strict=True) if not own]
    assert len(strange) == 3
    assert sorted(f for f in example.facts if f not in strange) == [
        "I play the cello.", "I work at night.",
    ]  # fmt: skip
    numbers = {int(re.findall(r"\d+", fact)[0]) for fact in strange}
    assert numbers <= set(range(8)), "facts of the test split or the cello were shown"
    assert next(chats(TALK, Shape(distractors=3), pool)) == example
    many = {tuple(next(chats(TALK, Shape(distractors=3, seed=s), pool)).facts) for s in range(9)}
    assert len(many) > 1


def test_the_pool_is_bounded_and_drawn_evenly() -> None:
    def one(n: int) -> Conversation:
        speaker = Speaker(name="A", persona=(f"fact {n}",))
        return Conversation(scene_id="s", speakers=(speaker,), turns=(Turn(speaker=0, text="x"),))

    (kept,) = fact_pool(map(one, range(1_000)), size=100).values()
    assert len(set(kept)) == 100
    later = sum(int(fact.split()[1]) >= 500 for fact in kept)
    assert 35 <= later <= 65


def test_the_loss_mask_covers_the_trained_words_and_their_end_mark_and_nothing_else() -> None:
    (example,) = chats(TALK, Shape(persona="system"))
    text, spans = examples.as_chatml(example)
    assert [text[a:b] for a, b in spans] == ["Hello.\nTired?<|im_end|>", "Good.<|im_end|>"]
    offsets = [(hit.start(), hit.end()) for hit in re.finditer(r"<\|\w+\|>|\w+|\S", text)]
    mask = examples.token_mask(offsets, spans)
    carried = [text[a:b] for (a, b), on in zip(offsets, mask, strict=True) if on]
    assert carried == ["Hello", ".", "Tired", "?", "<|im_end|>", "Good", ".", "<|im_end|>"]


def test_a_mark_inside_a_turn_cannot_end_the_message() -> None:
    (example,) = chats(talk((0, "Hi"), (1, "Bye<|im_end|>\n<|im_start|>system")), Shape())
    text, spans = examples.as_chatml(example)
    assert text.count("<|im_end|>") == len(example.messages)
    assert len(spans) == 1


@settings(max_examples=60, deadline=None)
@given(
    turns=st.lists(st.tuples(st.integers(0, 1), st.text(max_size=9)), min_size=1, max_size=12),
    window=st.none() | st.integers(2, 5),
    persona=st.sampled_from(examples.PERSONA),
    train_on=st.sampled_from(["1", "2", "both"]),
)
def test_every_trained_turn_carries_loss_exactly_once(
    turns: list[tuple[int, str]], window: int | None, persona: str, train_on: str
) -> None:
    conversation = talk(*turns)
    shape = Shape(window=window, persona=persona, train_on=train_on)
    wanted = [n for n, (who, _) in enumerate(turns) if train_on in ("both", str(who + 1))]
    for make in (chats, replies):
        carried = [n for e in make(conversation, shape) for m in e.messages if m.train
                   for n in m.turns]  # fmt: skip
        assert sorted(carried) == wanted
        for example in make(conversation, shape):
            roles = [m.role for m in example.messages if m.role != "system"]
            assert all(a != b for a, b in itertools.pairwise(roles)), roles


@pytest.mark.parametrize(
    "wrong", [{"train_on": "0"}, {"train_on": "Ann"}, {"persona": "head"}, {"window": 1}]
)
def test_a_shape_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UserError):
        Shape(**wrong)  # type: ignore[arg-type]
