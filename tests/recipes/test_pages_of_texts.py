"""The worked examples of three pages print what stands there."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from dramaturg.cli.main import cli

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["persona-hub", "diasynth"])
def test_the_worked_example_prints_what_its_page_shows(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "recipes" / f"{name}.md").read_text(encoding="utf-8")
    command, shown = re.findall(
        r"```bash\ndramaturg (run [^\n]* --quiet)\n```\n\n```text\n(.*?)```", page, re.DOTALL
    )[0]
    words = [str(ROOT / w) if w.startswith("docs/") else w for w in command.split()]
    words = [w.replace("scripted:docs", f"scripted:{ROOT}/docs") for w in words]
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(cli, words)
    assert ran.exit_code == 0, ran.output
    assert shown.strip() in ran.output


def test_the_worked_example_of_profiles_prints_what_its_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "recipes" / "user-profile.md").read_text(encoding="utf-8")
    people, command, shown = re.findall(
        r"cat people\.jsonl\n(\{.*?\})\n\ndramaturg (run [^\n]*)\n(.*?)\n```", page, re.DOTALL
    )[0]
    monkeypatch.chdir(tmp_path)
    Path("people.jsonl").write_text(people + "\n", encoding="utf-8")
    words = command.replace("scripted:docs", f"scripted:{ROOT}/docs").split()
    ran = CliRunner().invoke(cli, [*words, "--quiet"])
    assert ran.exit_code == 0, ran.output
    assert set(shown.splitlines()) <= set(ran.output.splitlines())
    told = page.partition("did not believe:\n\n```\n")[2].partition("\n```")[0]
    with sqlite3.connect("ilse/journal.sqlite") as journal:
        rows = "\n".join(journal.iterdump())
    assert len(told.splitlines()) == 3
    assert all(line.replace("'", "''") in rows for line in told.splitlines())
