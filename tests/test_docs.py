"""The documentation cannot rot: its Python runs, its commands exist, its links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dramaturg.cli.main import COMMANDS
from dramaturg.recipes.recipe import all_recipes, find_recipe

ROOT = Path(__file__).parents[1]
CORE = "synthetic-persona-chat"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
OWN_OPTIONS = {
    "personas", "out", "conversations", "model", "seed", "max-cost", "max-calls", "max-tokens",
    "in-flight", "timeout", "rpm", "tpm", "estimate", "json", "quiet",
    "batch", "batch-wait", "verbose", "otel", "prompts", "run", "partner-expert", "help",
    "verdicts", "scorers", "list", "human", "fact-table", "exam", "no-exam", "samples", "only",
    "against", "split", "by", "pairs", "repeats", "sample", "judged", "embedder", "data",
    "steps", "report", "threads", "write", "export", "show", "check", "license", "dry-run",
    "paraphrase-at", "to", "from", "force", "formats", "task", "host", "html", "share",
    "import", "critics", "quality", "questions", "drafts", "leave-out", "leave-out-failing",
    "per-item", "checks", "people", "pairs-of", "diff", "when", "name", "count", "splits",
    "share-limits", "shard", "shard-wait", "incomplete", "size", "network",
    "engine", "address", "workers", "serve", "serve-gpus", "scratch", "port", "models-from",
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_command_and_option_on_a_page_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"```(?:bash|sh|console)?\n(.*?)```", text, re.DOTALL))
    for line in re.findall(r"^\s*\$?\s*dramaturg .*$", blocks, re.MULTILINE):
        words = line.split("#")[0].split()
        assert words[1] in COMMANDS or words[1].startswith("-"), line
        named = words[2] if words[1] == "run" and words[2] in all_recipes() else CORE
        settings = {name.replace("_", "-") for name in find_recipe(named).settings}
        for option in re.findall(r"--([a-z-]+)", line.split("#")[0]):
            assert option in settings | OWN_OPTIONS, line


def test_the_python_of_the_recipe_s_page_runs_as_it_stands() -> None:
    text = (ROOT / "docs" / "synthetic-persona-chat.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("shared_categories") == 2


def test_the_python_of_the_publishing_page_runs_as_it_stands(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "publish.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "'phone': 30" in ran.stdout
    assert "{'train': 24, 'test': 3, 'validation': 3} 0" in ran.stdout


def test_the_python_of_the_page_on_measuring_runs_as_it_stands() -> None:
    text = (ROOT / "docs" / "evaluate.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "0.75 0.95\n"


def test_the_python_of_the_page_on_inventories_runs_as_it_stands() -> None:
    text = (ROOT / "docs" / "inventories.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == [
        "extraversion 3.00 0.00", "agreeableness 3.40 0.00", "conscientiousness 3.40 0.00",
        "neuroticism 4.20 0.00", "openness 3.80 0.00",
    ]  # fmt: skip


def test_the_python_of_the_page_on_people_at_scale_runs_as_it_stands(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "people-at-scale.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "15 {'duplicate': 1}\n8 1.125\n0 1\n"


def test_every_figure_stands_on_the_page_on_measuring_with_its_title() -> None:
    from dramaturg.evaluate import TITLES

    text = (ROOT / "docs" / "evaluate.md").read_text(encoding="utf-8")
    for name, (title, meaning) in TITLES.items():
        assert f"| `{name}` | {title} | {meaning} |" in text, name
