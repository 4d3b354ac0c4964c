"""What every recipe of the book must do, whatever it makes: driven by its scripted actor.

An actor proves plumbing, not quality: what it says depends on what it is asked and on the seed.
"""

from __future__ import annotations

import asyncio
import random
import re
import statistics
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from benchmarks.recipes import index
from dramaturg import runner
from dramaturg.dataset.made_tables import made_tables
from dramaturg.errors import UserError
from dramaturg.models import Call, Reply, ScriptedModel
from dramaturg.models.budget import Budget
from dramaturg.recipes.recipe import all_recipes
from dramaturg.runner.estimate import estimate
from tests.recipes.book import actor_of, code_lines, planned, settings_of

BOOK = all_recipes()
DOCS = Path(__file__).parents[2] / "docs"
every = pytest.mark.parametrize("name", BOOK)


def data_of(folder: Path) -> dict[str, bytes]:
    """Every parquet file of a run, by name."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.parquet"))}


def in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on replies of scripted models overtake each other."""
    draw, at_once = random.Random(7), ScriptedModel.answer

    async def late(model: ScriptedModel, call: Call) -> Reply:
        for _ in range(draw.randrange(20)):
            await asyncio.sleep(0)
        return await at_once(model, call)

    monkeypatch.setattr(ScriptedModel, "answer", late)


@every
async def test_it_finishes_and_the_same_command_asks_nothing_more(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = planned(name, tmp_path / "run", tmp_path / "files", monkeypatch)
    made = await runner.perform(first)
    assert (made.state, made.stopped, made.exit_code) == ("finished", None, 0)
    assert made.report["made"][BOOK[name].makes] > 0
    before = data_of(made.path)
    again = planned(name, tmp_path / "run", tmp_path / "files", monkeypatch)
    model = next(m for m in again.models.values() if hasattr(m, "calls") or hasattr(m, "chat"))
    assert (await runner.perform(again)).exit_code == 0
    assert getattr(model, "chat", model).calls == []
    assert data_of(made.path) == before
    for table in made_tables(made.path):
        ids = pq.read_table(made.path / table, columns=["id"]).column("id").to_pylist()
        assert len(set(ids)) == len(ids), f"two rows of {table} have one id"
    if "personas" not in BOOK[name].settings:
        said = "what the recipe made with the user's" if first.inputs else "no file of the user"
        assert said in (made.path / "README.md").read_text(encoding="utf-8")
    rows = load_dataset(str(made.path), cache_dir=str(tmp_path / "cache"))
    assert sum(split.num_rows for split in rows.values()) > 0


@every
async def test_cut_off_and_with_replies_in_any_order_it_goes_on_to_the_same_bytes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await runner.perform(planned(name, tmp_path / "a", tmp_path / "files", monkeypatch))
    calls = int(sum(row["calls"] for row in whole.report["totals"].values()))
    in_any_order(monkeypatch)
    half = await runner.perform(
        planned(name, tmp_path / "b", tmp_path / "files", monkeypatch),
        budget=Budget(max_calls=max(1, calls // 2)),
    )
    assert half.state == "stopped"
    rest = await runner.perform(planned(name, tmp_path / "b", tmp_path / "files", monkeypatch))
    assert rest.state == "finished"
    assert data_of(rest.path) == data_of(whole.path)
    assert rest.report.get("figures") == whole.report.get("figures")
    paid = sum(row["calls"] for row in rest.report["totals"].values())
    assert paid == calls, "a call was paid twice, or not counted"


@every
@pytest.mark.parametrize("share", [1, 3])
async def test_replies_that_cannot_be_read_cost_themselves_and_are_told(
    name: str, share: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = ScriptedModel.answer

    async def bad(model: ScriptedModel, call: Call) -> Reply:
        if call.attempt or call.seed % share == 0:  # asked again, it is no better
            return Reply(text="#", model=model.ref)
        return await at_once(model, call)

    monkeypatch.setattr(ScriptedModel, "answer", bad)
    folder = tmp_path / "run"
    try:
        made = await runner.perform(planned(name, folder, tmp_path / "files", monkeypatch))
    except UserError as error:  # nothing at all to go on with
        count, promised = 0, "dropped/" in error.fix
    else:
        count, promised = made.report["made"][BOOK[name].makes], True
        assert (made.state, made.exit_code) == ("finished", 0 if count else 1)
    told = list((folder / "dropped").glob("*.parquet"))
    assert count or told or not promised, "nothing is lost without a word"


@every
async def test_the_embedded_model_runs_it_or_is_refused_before_the_first_call(
    name: str, tmp_path: Path
) -> None:
    module = actor_of(name)
    settings = settings_of(module, tmp_path / "files")
    if module.EMBEDDED == "refuses":
        with pytest.raises(UserError) as refused:
            runner.plan(name, settings, ["embedded"], tmp_path / "run")
        assert "embedded" in refused.value.what
        assert f"runs without one is {BOOK[name].nearest}" in refused.value.fix
        assert BOOK[name].nearest in BOOK
        assert not (tmp_path / "run").exists()
    else:
        assert module.EMBEDDED == "runs"
        if name == "synthetic-persona-chat":
            return  # tests/cli runs it whole
        made = await runner.perform(runner.plan(name, settings, ["embedded"], tmp_path / "run"))
        assert made.exit_code == 0


@every
async def test_the_estimate_is_near_what_a_run_asks(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = planned(name, tmp_path / "run", tmp_path / "files", monkeypatch)
    told = estimate(one)["totals"]["calls"]
    made = await runner.perform(one)
    real = sum(row["calls"] for row in made.report["totals"].values())
    assert 0.5 * real <= told <= 2 * real, f"estimated {told}, made {real}"


@every
def test_its_card_tells_source_method_and_differences(name: str) -> None:
    card = BOOK[name].card
    for part in ("Source:", "Does:", "Differs:"):
        assert part in card, f"{name}: the card lacks {part!r}"
    assert re.search(r"\b(19|20)\d\d\b", card), "the source has a year"
    for setting in BOOK[name].settings.values():
        if setting.name != "seed" and setting.default is not None:
            assert setting.help or setting.choices or setting.name == "rounds", setting.name


@every
def test_its_page_shows_how_to_run_and_prove_it(name: str) -> None:
    page = DOCS / "recipes" / f"{name}.md"
    if name == "synthetic-persona-chat":
        page = DOCS / f"{name}.md"
    text = page.read_text(encoding="utf-8")
    assert f"dramaturg run {name}" in text
    assert f"dramaturg prove {name}" in text


def test_a_recipe_fits_on_a_screen() -> None:
    lines = {name: code_lines(one) for name, one in BOOK.items()}
    assert statistics.median(lines.values()) <= (60 if len(lines) > 2 else 200), lines


def test_the_index_page_lists_every_recipe_with_its_headline() -> None:
    page = (DOCS / "recipes" / "README.md").read_text(encoding="utf-8")
    shown = page.split("<!-- index: begin -->")[1].split("<!-- index: end -->")[0].strip()
    assert shown == index(), "python benchmarks/recipes.py --write"
