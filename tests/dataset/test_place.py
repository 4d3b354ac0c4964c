"""A target never takes the source, a stranger's folder or the old data with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dramaturg.dataset import convert, load_conversations, place, rework
from dramaturg.errors import UserError
from tests.dataset.formats.examples import said


def talks(path: Path, *words: str) -> Path:
    rows = [{"user_1": ["I bake."], "user_2": [], "turns": [["User 1", w]]} for w in words]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def words_of(path: Path) -> set[str]:
    return {text for made in load_conversations(path) for _, text in said(made)}


@pytest.mark.parametrize("step", ["convert", "shard"])
def test_a_folder_that_holds_the_source_or_anything_else_is_not_replaced(
    tmp_path: Path, step: str
) -> None:
    def to(source: Path, target: Path) -> Any:
        if step == "convert":
            return convert(source, target, force=True)
        return rework.shard(source, target, shards=1, force=True)

    (tmp_path / "data").mkdir()
    source = talks(tmp_path / "data" / "a.jsonl", "Hi")
    with pytest.raises(UserError, match="holds the source"):
        to(source, tmp_path / "data")
    with pytest.raises(UserError, match="holds the source"):
        to(source, tmp_path)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter").write_text("years of work")
    with pytest.raises(UserError, match="is no dataset of ours"):
        to(source, tmp_path / "thesis")
    (tmp_path / "out.part").mkdir()
    (tmp_path / "out.part" / "mine").write_text("x")
    with pytest.raises(UserError, match="is in the way"):
        to(source, tmp_path / "out")
    assert source.exists()
    assert (tmp_path / "thesis" / "chapter").exists()
    assert (tmp_path / "out.part" / "mine").exists()
    to(source, tmp_path / "run")
    with pytest.raises(UserError, match="lies in the source"):
        to(tmp_path / "run", tmp_path / "run" / "more")
    (tmp_path / "empty").mkdir()
    for target in ("run", "empty"):  # ours, and nothing in it
        to(source, tmp_path / target)
        assert words_of(tmp_path / target) == {"Hi"}


def test_a_corpus_and_a_bare_dataset_of_ours_are_replaced_and_no_folder_with_more_in_it(
    tmp_path: Path,
) -> None:
    source = talks(tmp_path / "a.jsonl", "Hi")
    convert(source, tmp_path / "corpus", to_format="convokit")
    convert(source, tmp_path / "corpus", to_format="convokit", force=True)
    convert(source, tmp_path / "run")
    (tmp_path / "copy").mkdir()
    os.rename(tmp_path / "run" / "data", tmp_path / "copy" / "data")
    convert(source, tmp_path / "copy", force=True)
    (tmp_path / "corpus" / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="is no dataset of ours"):
        convert(source, tmp_path / "corpus", to_format="convokit", force=True)


@pytest.mark.parametrize("target", ["out", "out.jsonl"])
def test_what_a_killed_conversion_left_does_not_come_along(tmp_path: Path, target: str) -> None:
    convert(talks(tmp_path / "old.jsonl", "Stale"), tmp_path / target)
    os.rename(tmp_path / target, tmp_path / f"{target}.part")
    made = convert(talks(tmp_path / "new.jsonl", "Fresh"), tmp_path / target)
    assert (made.written, words_of(tmp_path / target)) == (1, {"Fresh"})


@pytest.mark.parametrize("target", ["out", "out.jsonl"])
def test_an_interruption_while_the_new_one_takes_its_place_loses_nothing(
    tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert(talks(tmp_path / "old.jsonl", "Old"), tmp_path / target)
    new = talks(tmp_path / "new.jsonl", "New")

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    removed = place.remove
    real = os.rename
    moves: list[str] = []

    def second(a: Path, b: Path) -> None:
        moves.append(str(a))
        stop() if len(moves) == 2 else real(a, b)

    with monkeypatch.context() as patch:  # between the two moves
        patch.setattr(os, "rename", second)
        patch.setattr(os, "replace", stop if target.endswith("l") else os.replace)
        with pytest.raises(KeyboardInterrupt):
            convert(new, tmp_path / target, force=True)
    assert words_of(tmp_path / target) == {"Old"}
    if target == "out":  # while the old one goes
        with monkeypatch.context() as patch:
            patch.setattr(place, "remove", lambda p: stop() if ".old" in p.name else removed(p))
            with pytest.raises(KeyboardInterrupt):
                convert(new, tmp_path / target, force=True)
        assert words_of(tmp_path / target) == {"New"}
        assert (tmp_path / "out.old").exists()
        convert(new, tmp_path / target, force=True)  # and the name is taken now
        assert words_of(tmp_path / "out.old") == {"Old"}


def test_a_folder_that_another_process_writes_is_left_alone(tmp_path: Path) -> None:
    source = talks(tmp_path / "a.jsonl", "Hi")
    code = (
        "import sys; from dramaturg.store import RunFolder\n"
        "for name in sys.argv[1:]: open_ = RunFolder.open(name, {}, '1').__enter__(); "
        "globals()[name] = open_\n"
        "print('ready', flush=True); sys.stdin.read()"
    )
    names = [str(tmp_path / "live"), str(tmp_path / "out.part")]
    other = subprocess.Popen(
        [sys.executable, "-c", code, *names],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        for target in ("live", "out"):
            with pytest.raises(UserError, match="is in use"):
                convert(source, tmp_path / target, force=True)
    finally:
        other.communicate()
    for target in ("live", "out"):  # and what it left begun is in nobody's way
        convert(source, tmp_path / target, force=True)
        assert words_of(tmp_path / target) == {"Hi"}
