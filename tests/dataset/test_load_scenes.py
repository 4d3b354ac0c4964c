"""Scenes of two named people, from lines and rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from dramaturg.dataset.load_scenes import load_scenes
from dramaturg.errors import UserError


def test_the_shipped_scenes_are_all_read_and_name_both_people() -> None:
    found = load_scenes()
    assert len(found.scenes) == 24
    assert found.drops == []
    for one in found.scenes:
        assert any(p.name in one.scene.fields["setting"] for p in one.people)
        assert one.scene.cast == tuple(p.id for p in one.people)
    assert len({p.id for one in found.scenes for p in one.people}) == 48


def test_lines_and_rows_give_the_same_scene(tmp_path: Path) -> None:
    text, table, lines = tmp_path / "s.txt", tmp_path / "s.csv", tmp_path / "s.jsonl"
    text.write_text("# mine\n\nAda, Ben: Ada is late.\n")
    table.write_text("narrative,PersonX,PersonY\nAda is late.,Ada,Ben\n")
    lines.write_text('{"scene": "Ada is late.", "first": "Ada", "second": "Ben"}\n')
    ids = {load_scenes(file).scenes[0].id for file in (text, table, lines)}
    assert len(ids) == 1


def test_a_name_means_another_person_in_another_scene(tmp_path: Path) -> None:
    file = tmp_path / "s.txt"
    file.write_text("Ada, Ben: Ada is late.\nAda, Ben: Ben is late.\n")
    one, other = load_scenes(file).scenes
    assert not set(one.scene.cast) & set(other.scene.cast)


def test_lines_that_are_no_scenes_have_their_reason(tmp_path: Path) -> None:
    file = tmp_path / "s.txt"
    file.write_text("Ada, Ben: Ada is late.\nAda is late.\nAda, ada: hm.\nAda, Ben: Ada is late.\n"
                    f"Ada, Ben: {'x' * 3000}\n")  # fmt: skip
    assert [(d.subject, d.reason_class) for d in load_scenes(file).drops] == [
        ("line 2", "no scene"), ("line 3", "no scene"), ("line 4", "duplicate"),
        ("line 5", "too long"),
    ]  # fmt: skip
    file.write_text("nothing here\n")
    with pytest.raises(UserError, match="holds no scene"):
        load_scenes(file)
    with pytest.raises(UserError):
        load_scenes(tmp_path / "none.txt")
