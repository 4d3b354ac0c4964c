"""The list of formats: complete, told apart, and the same in the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from dramaturg.dataset import FORMATS
from dramaturg.dataset.formats import ASPECTS, find, for_name, name_of
from dramaturg.dataset.formats.table import renewed
from dramaturg.errors import UserError

ROOT = Path(__file__).parents[3]


def test_the_table_in_the_documentation_is_the_registry() -> None:
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert page == renewed(page), "python -m dramaturg.dataset.formats.table docs/formats.md"
    for form in FORMATS:
        assert f"| `{form.name}` |" in page


def test_every_format_is_read_or_written_and_holds_only_what_exists() -> None:
    names = [form.name for form in FORMATS]
    assert len(set(names)) == len(names)
    for form in FORMATS:
        assert form.ways
        assert form.holds <= ASPECTS.keys()


def test_a_typo_is_met_with_the_nearest_format() -> None:
    assert find("sharegpt").name == "sharegpt"
    with pytest.raises(UserError, match="there is no format 'ShareGTP'") as told:
        find("ShareGTP")
    assert told.value.fix.startswith("did you mean sharegpt?")


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.jsonl", "jsonl"),
        ("a.JSONL.gz", "jsonl"),
        ("a.json", "jsonl"),
        ("a.csv", "csv"),
        ("a.parquet", "parquet"),
        ("a.txt", "convai2"),
        ("folder", "run"),
        ("a.weird", None),
    ],
)
def test_a_name_says_the_format_of_a_target(name: str, format: str | None) -> None:
    form = for_name(Path(name))
    assert (form.name if form else None) == format


@pytest.mark.parametrize(
    ("name", "text", "looks"),
    [
        ("a.csv", '[{"messages": [{"role": "user", "content": "Hi"}]}]', "openai"),
        ("a.txt", '{"conversations": [{"from": "human", "value": "Hi"}]}', "sharegpt"),
        ("a.jsonl", "1 your persona: i ski.\n2 hi\tho\n", "convai2"),
        ("a.json", "user 1 personas,user 2 personas,best generated conversation\na,b,c\n", "spc"),
        ("a", "speaker: hi\n", "mixed"),
        ("a.jsonl", '{cut\n{"text": "<|im_start|>user\\nHi<|im_end|>"}\n', "chatml"),
    ],
)
def test_the_content_counts_more_than_the_name(
    tmp_path: Path, name: str, text: str, looks: str
) -> None:
    (tmp_path / name).write_text(text)
    assert name_of(tmp_path / name) == looks
