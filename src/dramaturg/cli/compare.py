"""`dramaturg compare`: which of two datasets is more human-like?"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dramaturg.runner.comparing import ComparisonReport


@click.command()
@click.argument("a")
@click.argument("b")
@click.option("--model", "models", multiple=True, help="The judge; repeat it for several.")
@click.option("--by", multiple=True, help="human (default), depth, coherency, ...; repeatable.")
@click.option(
    "--pairs", type=click.IntRange(1), default=100, show_default=True, help="Pairs at most."
)
@click.option(
    "--repeats",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How often each pair is asked anew.",
)
@click.option("--exam/--no-exam", default=None, help="Examine the judges first.  [chat models]")
@click.option("--out", help="Folder for comparisons.jsonl, report.json, report.html; resumes.")
@click.option("--seed", type=int, default=13, show_default=True, help="Same seed, same pairs.")
@click.option("--max-cost", type=float, help="Stop at this many US dollars; resumable.")
@click.option("--max-calls", type=int, help="Stop at this many model calls; resumable.")
@click.option("--in-flight", type=click.IntRange(1), default=64, help="Calls at once.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def compare(
    a: str,
    b: str,
    models: tuple[str, ...],
    by: tuple[str, ...],
    pairs: int,
    repeats: int,
    exam: bool | None,
    out: str | None,
    seed: int,
    max_cost: float | None,
    max_calls: int | None,
    in_flight: int,
    as_json: bool,
) -> None:
    """Which is more human-like, A or B? Judges see one of each, in both orders, without names.

    Pairs are of the same people where both have them. People judge in the viewer.

    Example: dramaturg compare my-dataset human.jsonl --model openai:gpt-4.1-mini --out turing
    """
    from dramaturg.cli import figures
    from dramaturg.cli.stopping import stops_at_once
    from dramaturg.models.budget import Budget
    from dramaturg.models.resolve import Limits
    from dramaturg.runner import comparing

    async def go() -> ComparisonReport:
        return await comparing.acompare(
            a,
            b,
            model=models,
            by=by or "human",
            pairs=pairs,
            repeats=repeats,
            exam=exam,
            out=out,
            seed=seed,
            budget=Budget(max_usd=max_cost, max_calls=max_calls),
            limits=Limits(max_in_flight=in_flight),
        )

    with stops_at_once():
        found = asyncio.run(go())
    click.echo(json.dumps(found.report) if as_json else figures.comparison(found))
