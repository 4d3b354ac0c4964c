"""`dramaturg evaluate`: a dataset measured, alone or beside a reference."""

from __future__ import annotations

import asyncio
import json
import sys

import click


@click.command()
@click.argument("data")
@click.option("--against", help="A reference to stand beside, e.g. human conversations.")
@click.option("--out", help="Folder for report.html and report.json.")
@click.option("--split", help="Only this split, e.g. test.")
@click.option("--scorers", "names", help="Scorers for the sample; `critique --list` shows them.")
@click.option("--model", "models", multiple=True, help="Their judge, or SCORER=MODEL; repeatable.")
@click.option(
    "--embedder", default="embedded", show_default=True, help="Who makes sentence vectors."
)
@click.option(
    "--sample",
    type=click.IntRange(20),
    default=2_000,
    show_default=True,
    help="Conversations for measures that need them whole.",
)
@click.option(
    "--judged",
    type=click.IntRange(0),
    default=200,
    show_default=True,
    help="Of these, how many the scorers see.",
)
@click.option("--exam/--no-exam", default=None, help="Examine the judges first.  [chat models]")
@click.option("--seed", type=int, default=13, show_default=True, help="Same seed, same figures.")
@click.option("--max-cost", type=float, help="Stop at this many US dollars; resumable.")
@click.option("--max-calls", type=int, help="Stop at this many model calls; resumable.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def evaluate(
    data: str,
    against: str | None,
    out: str | None,
    split: str | None,
    names: str | None,
    models: tuple[str, ...],
    embedder: str,
    sample: int,
    judged: int,
    exam: bool | None,
    seed: int,
    max_cost: float | None,
    max_calls: int | None,
    as_json: bool,
) -> None:
    """Measure DATA: length, persona, variety, coherence, copying and leakage, with intervals.

    DATA is a run folder or any file of conversations that can be read; memory stays small
    however many there are.

    Example: dramaturg evaluate my-dataset --against human.jsonl --out evaluation
    """
    from dramaturg.cli import figures
    from dramaturg.cli.stopping import stops_at_once
    from dramaturg.models.budget import Budget
    from dramaturg.runner import evaluating

    async def go() -> evaluating.Evaluation:
        return await evaluating.aevaluate(
            data,
            against=against,
            out=out,
            split=split,
            names=names if names is not None else evaluating.SCORERS,
            model=models,
            embedder=embedder,
            sample=sample,
            judged=judged,
            exam=exam,
            seed=seed,
            budget=Budget(max_usd=max_cost, max_calls=max_calls),
            say=_say if sys.stderr.isatty() else None,
        )

    with stops_at_once():
        found = asyncio.run(go())
    if sys.stderr.isatty():
        _say("")
    click.echo(json.dumps(found.report) if as_json else figures.evaluation(found))


def _say(what: str) -> None:
    """One line that is written over."""
    click.echo(f"\r{what:<40}\r", err=True, nl=False)
