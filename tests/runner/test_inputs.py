"""Files that a recipe reads: their content counts, not their place."""

from __future__ import annotations

from pathlib import Path

import pytest

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
