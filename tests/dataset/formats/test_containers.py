"""JSON lines and arrays are read a value at a time; what is broken is told with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dramaturg.dataset.formats.containers import Bad, json_rows, keyed_rows
from dramaturg.errors import UserError


def rows(path: Path, text: str | bytes) -> list[tuple[int, object]]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(json_rows(path))


def test_lines_arrays_and_a_single_object_are_read_with_their_line_numbers(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    assert rows(file, '{"a": 1}\n\n{"b": 2}\n') == [(1, {"a": 1}), (3, {"b": 2})]
    assert rows(file, '[{"a": 1},\n {"b":\n 2},\n\n {"c": "\\n"}]') == [
        (1, {"a": 1}),
        (2, {"b": 2}),
        (5, {"c": "\n"}),
    ]
    assert rows(file, '{\n "a": [1,\n 2]\n}\n') == [(1, {"a": [1, 2]})]
    assert rows(file, b"\xef\xbb\xbf[]") == []
    assert rows(file, '[{"a": "👋"}]'.encode("utf-16")) == [(1, {"a": "👋"})]


def test_an_array_longer_than_every_buffer_is_read_whole(tmp_path: Path) -> None:
    told = [{"n": n, "text": "x" * (n % 7) * 30_000} for n in range(60)]
    found = rows(tmp_path / "a.json", json.dumps(told, indent=1))
    assert [value for _, value in found] == told
    assert found[1][0] == 6  # the second element's line: a bracket and four lines before it


def test_a_file_that_was_cut_off_gives_what_was_whole_and_says_so(tmp_path: Path) -> None:
    found = rows(tmp_path / "a.json", '[{"a": 1},\n{"b": "cut')
    assert found[0] == (1, {"a": 1})
    assert isinstance(found[1][1], Bad)
    assert found[1][1].startswith("the file ends inside a value: it was cut off")
    found = rows(tmp_path / "a.json", '[{"a": 1}')
    assert found[1] == (1, "the file ends inside an array: it was cut off")
    found = rows(tmp_path / "a.jsonl", '{"a": 1}\n{"b": "cut')
    assert found[1][0] == 2
    assert str(found[1][1]).startswith("not JSON: Unterminated string")


def test_a_mistake_inside_an_array_is_refused_with_its_line(tmp_path: Path) -> None:
    text = '[{"a": 1},\n{bad},\n' + '{"b": 2},\n' * 100 + '{"c": 3}]'
    with pytest.raises(UserError, match="is not JSON from line 2 on"):
        rows(tmp_path / "a.json", text)


def test_an_object_of_arrays_gives_each_element_with_its_key(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"train": [{"a": 1},\n{"a": 2}], "info": 3, "valid": []}')
    assert list(keyed_rows(path)) == [
        (1, "train", {"a": 1}),
        (2, "train", {"a": 2}),
        (2, "info", 3),
    ]
