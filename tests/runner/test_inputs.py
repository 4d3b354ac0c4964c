"""Files that a recipe reads: their content counts, not their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from dramaturg.dataset import load_documents, load_texts
from dramaturg.errors import UserError
from dramaturg.runner.inputs import hash_of_path


def test_the_same_bytes_elsewhere_hash_the_same(tmp_path: Path) -> None:
    one, other = tmp_path / "a.txt", tmp_path / "b.txt"
    one.write_text("tea\n")
    other.write_text("tea\n")
    assert hash_of_path(one, "topics") == hash_of_path(other, "topics")
    other.write_text("tea!\n")
    assert hash_of_path(one, "topics") != hash_of_path(other, "topics")


def test_a_folder_is_its_files_by_name(tmp_path: Path) -> None:
    for place in ("one", "two"):
        (tmp_path / place / "deep").mkdir(parents=True)
        (tmp_path / place / "deep" / "x.txt").write_text("x")
        (tmp_path / place / ".hidden").write_text(place)
    assert hash_of_path(tmp_path / "one", "d") == hash_of_path(tmp_path / "two", "d")
    (tmp_path / "two" / "deep" / "x.txt").rename(tmp_path / "two" / "deep" / "y.txt")
    assert hash_of_path(tmp_path / "one", "d") != hash_of_path(tmp_path / "two", "d")


def test_what_is_not_there_or_empty_is_the_user_s_mistake(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--my-topics: cannot read"):
        hash_of_path(tmp_path / "gone.txt", "my_topics")
    (tmp_path / "bare").mkdir()
    with pytest.raises(UserError, match="nothing in"):
        hash_of_path(tmp_path / "bare", "topics")


def test_where_one_file_ends_and_the_next_begins_counts(tmp_path: Path) -> None:
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
    (tmp_path / "one" / "a").write_bytes(b"x")
    (tmp_path / "one" / "b").write_bytes(b"y")
    (tmp_path / "two" / "a").write_bytes(b"xb\x00y")
    assert hash_of_path(tmp_path / "one", "d") != hash_of_path(tmp_path / "two", "d")


def test_files_that_are_hidden_anywhere_are_neither_read_nor_counted(tmp_path: Path) -> None:
    text = "I walked to the harbour with my brother and we bought bread for the whole house there. "
    for author in ("ada", "ben"):
        (tmp_path / author).mkdir()
        (tmp_path / author / "one.txt").write_text(f"{author}: {text * 2}")
    before = hash_of_path(tmp_path, "entries")
    (tmp_path / ".trash").mkdir()
    (tmp_path / ".trash" / "old.txt").write_text(f"Old. {text * 2}")
    (tmp_path / "ada" / ".old.txt").write_text(f"Older. {text * 2}")
    assert list(load_documents(tmp_path).by_author) == ["ada", "ben"]
    assert len(load_documents(tmp_path)) == 2
    assert len(load_texts(tmp_path).passages) == 2
    assert hash_of_path(tmp_path, "entries") == before
