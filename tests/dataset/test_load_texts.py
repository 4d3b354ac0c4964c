"""Texts to find people in: files and folders, passages, and what is left out."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest

from dramaturg.dataset import load_texts, terms
from dramaturg.errors import UserError

LONG = "The tide mill stands in the river mouth and grinds twice a day, whoever owns it. "


def test_markdown_is_parted_at_blank_lines_and_short_paragraphs_are_joined(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text(f"# Mills\n\n{LONG * 6}\n\n{LONG}\nand on\n\n{LONG * 5}\n", encoding="utf-8")
    read = load_texts(file)
    assert [p.source for p in read.passages] == ["a.md:1", "a.md:5"]
    assert read.passages[0].text.startswith("# Mills\nThe tide mill")
    assert read.passages[1].text.split("\n")[0] == f"{LONG}and on"
    assert read.drops == []


def test_a_folder_is_read_in_the_order_of_its_names_and_a_repeat_is_told(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text(LONG * 6, encoding="utf-8")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.jsonl").write_text(
        f'{{"text": "{LONG}"}}\n"{LONG * 2}"\nnope\n{{"title": "x"}}\n"short"\n', encoding="utf-8"
    )
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress((LONG * 6).encode()))
    (tmp_path / "empty.txt").touch()
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    read = load_texts(tmp_path)
    assert [p.source for p in read.passages] == ["b.txt:1", "deep/a.jsonl:1", "deep/a.jsonl:2"]
    assert [(d.subject, d.reason_class) for d in read.drops] == [
        ("c.txt.gz:1", "duplicate"),
        ("deep/a.jsonl:3", "not JSON"),
        ("deep/a.jsonl:4", "no text"),
        ("deep/a.jsonl:5", "too short"),
    ]


def test_long_passages_are_cut_at_sentences_and_nothing_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(LONG * 100, encoding="utf-8")
    read = load_texts(file, longest=1_000)
    assert all(len(p.text) <= 1_000 and p.text.endswith(".") for p in read.passages)
    # Cut pieces of a text that repeats itself repeat each other.
    assert len(read.passages) + len(read.drops) == 9
    other = tmp_path / "b.txt"
    other.write_text("".join(chr(0x4E00 + n) for n in range(5_000)), encoding="utf-8")
    assert "".join(p.text for p in load_texts(other).passages) == other.read_text(encoding="utf-8")


def test_a_line_of_ten_megabytes_takes_no_minute(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text(" ".join(map(str, range(1_500_000))), encoding="utf-8")
    begun = time.perf_counter()
    read = load_texts(file)
    assert time.perf_counter() - begun < 20
    assert sum(len(p.text.split()) for p in read.passages) == 1_500_000


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "is empty"), ("a b c", "no usable text"), ("\n\n...\n", "no usable text")],
)
def test_a_source_without_a_passage_is_refused(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "a.txt"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=said):
        load_texts(file)


def test_a_missing_file_an_empty_folder_and_a_picture_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        load_texts(tmp_path / "a.txt")
    with pytest.raises(UserError, match="there is no text in"):
        load_texts(tmp_path)
    picture = tmp_path / "a.txt"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n1234")
    with pytest.raises(UserError, match="a picture"):
        load_texts(picture)


def test_words_of_scripts_without_spaces_count_one_by_one() -> None:
    assert terms("Kyōto の茶店 2号, naïve!") == ["kyōto", "の", "茶", "店", "2", "号", "naïve"]
    assert terms("…") == []
