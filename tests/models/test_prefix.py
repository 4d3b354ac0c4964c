"""The shareable part of prompts: counted exactly, and first in every prompt file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dramaturg
from dramaturg.models.prefix import PrefixShare, common_prefix, prefix_share
from dramaturg.prompts import Message, parse_prompt

FILES = sorted(Path(dramaturg.__file__).parent.rglob("prompts/*.md"))


SAME_IN_A_RUN = {  # settings, or one of a handful that a server keeps apart in its cache
    *("low", "high", "sentences", "words", "turns", "size", "thoughts", "tones"),
    *("language", "attribute"),
    "who",  # an inventory: one person is asked all its items
}


def says(*texts: str) -> tuple[Message, ...]:
    return tuple(Message(role="user", content=text) for text in texts)


@settings(max_examples=60, deadline=None)
@given(st.text("ab", max_size=20), st.text("ab", max_size=20))
def test_the_common_prefix_is_as_long_as_it_is(one: str, other: str) -> None:
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    assert common_prefix(one, other) == length


def test_prompts_of_one_task_share_what_the_one_before_began_with() -> None:
    share = PrefixShare()
    share.add("m", "t", says("s" * 195 + "A" * 100))  # 5 characters of role stand before it
    share.add("m", "other", says("x" * 100))
    share.add("m", "t", says("s" * 195 + "B" * 100))
    row = share.report()["tasks"]["t"]
    assert row["prompts"] == 2
    assert row["consecutive"] == pytest.approx(200 / 600, abs=1e-4)
    assert row["cached"] == pytest.approx(192 / 600, abs=1e-4)  # three blocks of 64
    assert share.report()["all"]["prompts"] == 3


def test_a_prefix_that_an_older_prompt_of_another_task_had_counts_as_cached_only() -> None:
    share = PrefixShare()
    share.add("m", "depth", says("c" * 640 + "Which is deeper?"))
    share.add("m", "likable", says("c" * 640 + "Who is more likable?"))
    row = share.report()["tasks"]["likable"]
    assert row["consecutive"] == 0
    assert row["cached"] > 0.9
    share.add("another model", "depth", says("c" * 640))
    assert share.report()["tasks"]["depth"]["cached"] == 0


def test_calls_of_a_journal_are_counted_and_texts_to_embed_left_out() -> None:
    asked = json.dumps({"task": "t", "messages": [{"role": "user", "content": "Hi. " * 40}]})
    rows = [{"request": asked, "model": "m", "task": "t"}] * 3
    rows += [{"request": '"a text"', "model": "m", "task": "embed"}]
    assert prefix_share(rows)["all"]["prompts"] == 3
    assert prefix_share(rows)["all"]["consecutive"] == pytest.approx(2 / 3, abs=1e-4)
    assert prefix_share(rows, most=2)["all"]["prompts"] == 2
    assert prefix_share([]) == {}


@pytest.mark.parametrize("file", FILES, ids=lambda p: p.stem)
def test_what_differs_from_call_to_call_stands_last_in_a_prompt(file: Path) -> None:
    prompt = parse_prompt(file.read_text(encoding="utf-8"))
    if prompt.name == "reask":
        return  # it is added at the end of another prompt
    whole = "\n".join(m.content for m in prompt.messages)
    if sum(_head(other) == _head(file) for other in FILES) >= 3:
        return  # several judge one text: what they share is the text itself, so it stands first
    places = [h for h in re.finditer(r"\{\{(\w+)\}\}", whole) if h[1] not in SAME_IN_A_RUN]
    varying = [m for m in prompt.messages if {p[1] for p in places} & set(_places(m.content))]
    assert varying == [prompt.messages[-1]], "only the last message differs"
    after = re.sub(r"\{\{\w+\}\}", "", whole[places[0].start() :])
    assert len(after) < 0.35 * len(whole), "little that never changes stands behind what does"


def _head(file: Path) -> str:
    """All that stands before the first place."""
    whole = "\n".join(m.content for m in parse_prompt(file.read_text(encoding="utf-8")).messages)
    return whole.partition("{{")[0]


def _places(text: str) -> list[str]:
    return re.findall(r"\{\{(\w+)\}\}", text)
