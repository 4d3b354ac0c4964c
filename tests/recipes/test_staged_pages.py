"""The worked examples on the pages of the recipes with a stage are what their commands print."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dramaturg.cli.main import cli

ROOT = Path(__file__).parents[2]


def test_the_python_of_the_benchmark_runs_as_it_stands() -> None:
    page = (ROOT / "docs" / "recipes" / "synthpai.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.stderr == ""
    assert f"It prints `{ran.stdout.strip()}`" in page


@pytest.mark.parametrize("name", ["coser", "synthpai"])
def test_the_worked_example_is_what_the_command_prints(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "recipes" / f"{name}.md").read_text(encoding="utf-8")
    example = page.partition("## A worked example")[2].partition("\n## ")[0]
    commands = re.findall(r"^dramaturg (.+)$", example, re.MULTILINE)
    shown = "\n".join(re.findall(r"```text\n(.*?)```", example, re.DOTALL))
    assert len(commands) == 2
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    printed: list[Any] = []
    for command in commands:
        ran = CliRunner().invoke(cli, command.split())
        assert ran.exit_code == 0, ran.output
        printed += ran.output.splitlines()
    for line in shown.splitlines():
        assert line in printed, line
