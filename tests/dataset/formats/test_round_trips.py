"""What a format says that it holds comes back as it was, from every format into every other."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dramaturg.dataset import FORMATS, convert
from dramaturg.dataset import formats as all_formats
from dramaturg.dataset.convert import Converted
from dramaturg.dataset.formats import Format, Losses
from dramaturg.errors import UserError
from dramaturg.records import Conversation
from tests.dataset.formats.examples import aspects, conversations, said

BOTH_WAYS = [f for f in FORMATS if f.write is not None and "read" in f.ways]
TRAINING = {"trl-sft", "trl-prompt-completion", "trl-preference"}  # rows are examples, not talks
KEEPING = [f for f in BOTH_WAYS if f.name not in TRAINING]
SUFFIX = {"spc": ".csv", "csv": ".csv", "parquet": ".parquet", "convai2": ".txt", "convokit": ""}
SUFFIX |= {"run": "", "personachat-json": ".json"}


def written(form: Format, rows: list[Conversation], place: Path) -> tuple[Path, Losses]:
    losses = Losses()
    path = place / f"{form.name}{SUFFIX.get(form.name, '.jsonl')}"
    assert form.write is not None
    form.write(form.fitting(rows, losses), path, losses)
    return path, losses


def read(form: Format, path: Path) -> list[Conversation]:
    rows = list(all_formats.read(path, form))
    bad = [(n, why) for n, why in rows if isinstance(why, str)]
    assert not bad, bad
    return [made for _, made in rows if isinstance(made, Conversation)]


@pytest.mark.parametrize("form", KEEPING, ids=lambda form: form.name)
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(made=conversations())
def test_what_a_format_holds_comes_back_and_what_it_loses_is_told(
    form: Format, made: Conversation
) -> None:
    with tempfile.TemporaryDirectory() as place:
        path, losses = written(form, [made], Path(place))
        if losses.left_out:
            assert sum(losses.left_out.values()) == 1
            return
        (back,) = read(form, path)
    before, after = aspects(made), aspects(back)
    told = set(losses.counts)
    partly = told - {all_formats.ASPECTS[name].words for name in form.missing}
    for name in before:
        words = all_formats.ASPECTS[name].words
        if name in form.holds and before[name] and not partly:
            assert after[name] == before[name], name
        if name not in form.holds and name != "id":
            assert bool(before[name]) == (words in told), name
    if not partly:
        assert said(back) == said(made)


@st.composite
def talks(draw: st.DrawFn, speakers: int) -> list[Conversation]:
    """Two conversations of so many speakers, no two of which say the same."""
    several = st.lists(
        conversations(speakers), min_size=2, max_size=2, unique_by=lambda c: str(said(c))
    )
    return draw(several)


every_pair = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@every_pair
@given(rows=talks(2))
def test_every_pair_of_formats_keeps_what_both_hold(rows: list[Conversation]) -> None:
    through_every_pair(rows, KEEPING)


@every_pair
@given(rows=talks(3))
def test_every_pair_of_formats_that_hold_three_speakers_keeps_them(
    rows: list[Conversation],
) -> None:
    through_every_pair(rows, [form for form in KEEPING if form.speakers is None])


def through_every_pair(rows: list[Conversation], sources: list[Format]) -> None:
    """Rows written in each of these formats, and what of them comes through each format after."""
    with tempfile.TemporaryDirectory() as place, mock.patch("os.fsync"):
        for first in sources:
            path, losses = written(first, rows, Path(place))
            if not losses.written:
                assert losses.left_out
                continue
            start: dict[str, list[Conversation]] = {}
            for made in read(first, path):
                start.setdefault(str(said(made)), []).append(made)
            for second in KEEPING:
                through(first, second, path, start)


def through(
    first: Format, second: Format, path: Path, start: dict[str, list[Conversation]]
) -> None:
    out = path.with_name(f"to-{second.name}{SUFFIX.get(second.name, '.jsonl')}")
    there = sum(map(len, start.values()))
    try:
        made = convert(path, out, from_format=first.name, to_format=second.name, force=True)
    except UserError as error:
        told = error
    else:
        through_as_told(first, second, out, start, made)
        return
    # Only where every conversation was left out, and that is told.
    assert "holds no conversation that" in str(told), (first.name, second.name)
    left = re.findall(r"(\d+) not written: ", told.why)
    assert sum(map(int, left)) == there, (first.name, second.name, told.why)


def through_as_told(
    first: Format,
    second: Format,
    out: Path,
    start: dict[str, list[Conversation]],
    made: Converted,
) -> None:
    there = sum(map(len, start.values()))
    held = first.holds & second.holds
    own = {all_formats.ASPECTS[name].words for name in second.missing}
    back = read(second, out)
    assert len(back) == made.written == there - sum(made.left_out.values())
    if made.lost.keys() - own:
        return  # something of the words themselves was lost, and told
    for one in back:
        after = aspects(one)
        before = [aspects(known) for known in start[str(said(one))]]
        for name in held - ({"split"} if second.name == "run" else set()):
            assert any(_kept(known[name], after[name]) for known in before), (
                first.name, second.name, name,
            )  # fmt: skip


def _kept(before: Any, after: Any) -> bool:
    """Whether an aspect came back; a score that nobody gave may stand among the ratings too."""
    if isinstance(before, dict) and isinstance(after, dict):
        return before.items() <= after.items()
    return not before or before == after
