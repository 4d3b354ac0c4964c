"""What a format says that it holds comes back as it was, from every format into every other."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dramaturg.dataset import FORMATS, convert
from dramaturg.dataset import formats as all_formats
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


@settings(max_examples=1, deadline=None, derandomize=True, phases=[Phase.generate])
@given(rows=st.lists(conversations(), min_size=3, max_size=3, unique_by=lambda c: str(said(c))))
def test_every_pair_of_formats_keeps_what_both_hold(rows: list[Conversation]) -> None:
    with tempfile.TemporaryDirectory() as place:
        for first in KEEPING:
            path, losses = written(first, rows, Path(place))
            if losses.left_out:
                continue
            start = {str(said(c)): c for c in read(first, path)}
            for second in KEEPING:
                out = Path(place, f"to-{second.name}{SUFFIX.get(second.name, '.jsonl')}")
                try:
                    made = convert(
                        path, out, from_format=first.name, to_format=second.name, force=True
                    )
                except UserError:
                    continue
                held = first.holds & second.holds
                own = {all_formats.ASPECTS[name].words for name in second.missing}
                back = read(second, out)
                left_out = sum(made.left_out.values())
                assert len(back) == made.written == len(rows) - left_out
                if made.lost.keys() - own:
                    continue  # something of the words themselves was lost, and told
                for one in back:
                    before = aspects(start[str(said(one))])
                    after = aspects(one)
                    for name in held:
                        if before[name] and (name, second.name) != ("split", "run"):
                            assert after[name] == before[name], (first.name, second.name, name)
