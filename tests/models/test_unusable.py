"""What is wrong with a reply: refusals, cut ends and broken JSON, told apart from good replies."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.errors import ReplyError
from dramaturg.models import Reply
from dramaturg.models.json_reply import read_json
from dramaturg.models.unusable import classified, usable


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, I cannot create a conversation about this.",
        "Sorry, but I won't do this.",
        "As an AI language model, I have no hobbies.",
        "I cannot assist with that request.",
        "Unfortunately, I am unable to write such things.",
        "Es tut mir leid, aber ich kann dabei nicht helfen.",
        "Lo siento, pero no puedo ayudar con eso.",
        "Je suis désolé, mais je ne peux pas écrire cela.",
        "抱歉，我无法帮助你。",
    ],
)
def test_a_refusal_in_words_is_one(text: str) -> None:
    with pytest.raises(ReplyError) as caught:
        usable(Reply(text=text), "fine")
    assert caught.value.kind == "refusal"


@pytest.mark.parametrize(
    "text",
    [
        "User 1: I'm sorry, but I can't come on Sunday.\nUser 2: Pity.",
        "Yes\nWhy: User 2 says sorry, I can't eat meat, although they love steak.",
        "I can't swim, and I am sorry about it.",
        "I regret nothing.",
        "I can write with both hands.",
        "No. The AI is never named.",
    ],
)
def test_what_only_sounds_like_a_refusal_is_none(text: str) -> None:
    assert usable(Reply(text=text), "fine") == (text, ())


def test_a_reply_that_was_cut_is_refused_shortened_or_read_as_the_task_says() -> None:
    cut = Reply(text="one\ntwo\nthr", finish="length")
    assert usable(cut, "fine") == (cut.text, ())
    assert usable(cut, "last line") == ("one\ntwo", ("truncated",))
    for reply, mode in ((cut, "refuse"), (Reply(text="one", finish="length"), "last line")):
        with pytest.raises(ReplyError) as caught:
            usable(reply, mode)  # type: ignore[arg-type]
        assert caught.value.kind == "truncated"


def test_what_a_parser_cannot_read_is_called_by_its_cause() -> None:
    error = ReplyError("the reply has no turns", kind="no turns")
    assert classified(error, Reply(text="Once upon")).kind == "no turns"
    assert classified(error, Reply(text="Once upon", finish="length")).kind == "truncated"
    asked = Reply(text="Thank you for asking. I'm sorry, but I can't do that.")
    assert classified(error, asked).kind == "refusal"


@pytest.mark.parametrize(
    ("text", "value", "mended"),
    [
        ('{"a": 1}', {"a": 1}, ()),
        ('```json\n{"a": [1, 2,]}\n```', {"a": [1, 2]}, ("code fence", "comma")),
        ('Here it is: {"a": "x"} I hope it helps.', {"a": "x"}, ("chatter",)),
        ("{“a”: “b”}", {"a": "b"}, ("quotes",)),
        ('{"a": [{"b": "c"}', {"a": [{"b": "c"}]}, ("unclosed",)),
    ],
)
def test_json_is_found_and_mended_where_that_is_safe(
    text: str, value: Any, mended: tuple[str, ...]
) -> None:
    assert read_json(text) == (value, mended)


@pytest.mark.parametrize(
    "text", ["", "no", "{", '{"a": "half', '{"a": tru', '{"a": 12', "[}", "[" * 100_000]
)
def test_json_that_cannot_be_known_is_never_guessed(text: str) -> None:
    with pytest.raises(ReplyError) as caught:
        read_json(text)
    assert caught.value.kind == "malformed JSON"


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=8,
    ),
    st.integers(0, 400),
)
def test_a_cut_value_is_read_whole_or_lacks_only_its_end(value: Any, end: int) -> None:
    text = json.dumps({"all": value}, ensure_ascii=False)
    assert read_json(text) == ({"all": value}, ())
    try:
        found, _ = read_json(text[:end])
    except ReplyError:
        return
    assert isinstance(found, dict)
    assert set(found) <= {"all"}
    assert found == {"all": value} or json.dumps(found, ensure_ascii=False)[:-1] not in ("", text)
