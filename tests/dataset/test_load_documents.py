"""Documents by author, from rows and from folders."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from dramaturg.dataset.load_documents import load_documents
from dramaturg.errors import UserError

LONG = "Today I walked to the harbour and watched the boats come in with the morning catch of fish."


def rows(tmp_path: Path, *given: object, name: str = "entries.jsonl") -> Path:
    file = tmp_path / name
    lines = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in given]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_rows_are_grouped_by_author_in_the_order_read(tmp_path: Path) -> None:
    file = rows(
        tmp_path,
        {"author": "ana", "text": LONG, "id": 7, "time": "2021-03-01"},
        {"author_fullname": "t2_b", "processed_text": LONG + " Ünïcode 北京"},
        {"author": "ana", "text": LONG + " Twice.", "id": "x"},
    )
    found = load_documents(file, least=5)
    assert {author: len(docs) for author, docs in found.by_author.items()} == {"ana": 2, "t2_b": 1}
    assert [d.id for d in found.by_author["ana"]] == ["7", "x"]
    assert found.by_author["ana"][0].time == "2021-03-01"
    assert found.by_author["t2_b"][0].text.endswith("北京")
    assert len(found) == 3


def test_every_row_that_is_not_used_has_its_place_and_reason(tmp_path: Path) -> None:
    file = rows(
        tmp_path,
        {"author": "a", "text": LONG}, {"author": "b", "text": LONG},
        "{broken", "[1]", {"text": LONG}, {"author": "[deleted]", "text": LONG},
        {"author": "a", "text": "[removed]"}, {"author": "a", "text": "Too short."},
        {"author": "a", "text": LONG}, {"author": "c", "text": LONG + " x", "id": "1"},
        {"author": "c", "text": LONG + " y", "id": "1"}, {"author": "d", "text": "w " * 200_001},
    )  # fmt: skip
    drops = load_documents(file, least=10).drops
    assert [(d.subject, d.reason_class) for d in drops] == [
        ("line 3", "not JSON"), ("line 4", "no object"), ("line 5", "no author"),
        ("line 6", "no author"), ("line 7", "no text"), ("line 8", "too short"),
        ("line 9", "duplicate"), ("line 11", "duplicate"), ("line 12", "too long"),
    ]  # fmt: skip


def test_csv_and_gzip_and_a_folder_for_each_author_are_read(tmp_path: Path) -> None:
    table = rows(tmp_path, "author,text", f'ana,"{LONG}"', f'ben,"{LONG}"', name="e.csv")
    assert list(load_documents(table, least=5).by_author) == ["ana", "ben"]
    packed = tmp_path / "e.jsonl.gz"
    packed.write_bytes(gzip.compress(b"\n".join(
        json.dumps({"author": a, "text": LONG}).encode() for a in ("ana", "ben"))))  # fmt: skip
    assert len(load_documents(packed, least=5)) == 2
    for author in ("ana", "ben"):
        (tmp_path / "all" / author).mkdir(parents=True)
        (tmp_path / "all" / author / "1.md").write_text(LONG, encoding="utf-8")
    (tmp_path / "all" / "ben" / "2.txt").write_text("", encoding="utf-8")
    found = load_documents(tmp_path / "all", least=5)
    assert [d.id for docs in found.by_author.values() for d in docs] == ["ana/1.md", "ben/1.md"]
    assert [(d.subject, d.reason_class) for d in found.drops] == [("ben/2.txt", "no text")]


def test_what_cannot_be_used_at_all_is_the_user_s_mistake(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "plain.txt").write_text(LONG)
    (tmp_path / "void").mkdir()
    one = rows(tmp_path, {"author": "a", "text": LONG})
    for path in (one, tmp_path / "empty.jsonl", tmp_path / "plain.txt", tmp_path / "void",
                 tmp_path / "entris.jsonl"):  # fmt: skip
        with pytest.raises(UserError):
            load_documents(path, least=5)
