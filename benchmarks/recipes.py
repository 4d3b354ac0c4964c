"""The book in figures: lines of each recipe, and its calls and tokens beside the paper's procedure.

Every recipe is run small with its scripted actor (tests/recipes/actors): calls are what the recipe
asks for, tokens are words of prompts and replies as they went out. What the paper's procedure needs
is computed from the same settings. A scripted model proves plumbing, not quality.

    python benchmarks/recipes.py [--write]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pytest

from benchmarks.tables import put
from dramaturg import runner
from dramaturg.recipes.recipe import all_recipes
from tests.recipes.book import actor_of, code_lines, planned, settings_of

ROOT = Path(__file__).parents[1]

PAGE = ROOT / "docs" / "recipes" / "README.md"


def index() -> str:
    """The recipes by name, each with its headline."""
    rows = ["| recipe | what it makes |", "|---|---|"]
    for name, one in all_recipes().items():
        page = f"../{name}.md" if name == "synthetic-persona-chat" else f"{name}.md"
        rows.append(f"| [`{name}`]({page}) | {one.headline} |")
    return "\n".join(rows)


async def measured(place: Path) -> str:
    """The table of lines, calls and tokens."""
    rows = [
        "| recipe | lines of code | made (n) | calls an item | by the paper's procedure | "
        "tokens in, out an item | what the paper's procedure asks for |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    lines = []
    for name, one in all_recipes().items():
        module, patch = actor_of(name), pytest.MonkeyPatch()
        with patch.context() as context:
            plan = planned(name, place / name, place / f"{name}-files", context)
            run = await runner.perform(plan)
        if run.state != "finished":
            raise SystemExit(f"{name} did not finish: {run.stopped}")
        made = run.report["made"][one.makes]
        totals = run.report["totals"].values()
        calls, tokens_in, tokens_out = (
            sum(row[key] for row in totals) for key in ("calls", "tokens_in", "tokens_out")
        )
        paper = module.paper_calls(settings_of(module, place / f"{name}-files"))
        lines.append(code_lines(one))
        rows.append(
            f"| `{name}` | {lines[-1]} | {made} {one.makes} | {calls / made:.1f} | "
            f"{paper / made:.1f} | {tokens_in / made:,.0f}, {tokens_out / made:,.0f} | "
            f"{module.PER_ITEM} |"
        )
    middle = statistics.median(lines)
    return "\n".join(rows) + f"\n\nMedian of {len(lines)} recipes: {middle:g} lines of code."


def main() -> None:
    """Print both tables; with --write, put them into docs/recipes/README.md."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="Put the tables into the docs.")
    write = parser.parse_args().write
    with tempfile.TemporaryDirectory() as folder:
        table = asyncio.run(measured(Path(folder)))
    for name, text in (("index", index()), ("calls", table)):
        print(text, end="\n\n")
        if write:
            put(PAGE, name, text)


if __name__ == "__main__":
    main()
