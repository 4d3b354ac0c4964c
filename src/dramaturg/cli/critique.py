"""`dramaturg critique`: the critics over conversations that exist already."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import click


def _list(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from dramaturg.cli import render

        click.echo(render.scorer_list())
        ctx.exit()


@click.command()
@click.argument("file")
@click.option("--scorers", "names", help="Names or groups by comma; --list shows them.")
@click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list,
    help="List the scorers, and end.",
)
@click.option(
    "--model", "models", multiple=True, help="The judge, or SCORER=MODEL; several are a jury."
)
@click.option("--out", help="Folder for verdicts.jsonl, report.json, report.html; resumes.")
@click.option("-n", "limit", type=click.IntRange(1), help="Only the first N conversations.")
@click.option("--human", help="Human conversations to measure naturalness against.")
@click.option("--fact-table", is_flag=True, help="Also facts.parquet: a row a turn and fact.")
@click.option("--exam/--no-exam", default=None, help="Examine the judges first.  [chat models]")
@click.option("--samples", type=click.IntRange(1), help="Answers a conversation for G-Eval.")
@click.option("--partner-expert", is_flag=True, help="The same as adding partner_fact.")
@click.option("--max-cost", type=float, help="Stop at this many US dollars; resumable.")
@click.option("--max-calls", type=int, help="Stop at this many model calls; resumable.")
@click.option("--max-tokens", type=int, help="Stop at this many tokens; resumable.")
@click.option("--in-flight", type=click.IntRange(1), default=64, help="Calls at once.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--quiet", is_flag=True, help="No progress lines.")
def critique(
    file: str,
    names: str | None,
    models: tuple[str, ...],
    out: str | None,
    limit: int | None,
    human: str | None,
    fact_table: bool,
    exam: bool | None,
    samples: int | None,
    partner_expert: bool,
    max_cost: float | None,
    max_calls: int | None,
    max_tokens: int | None,
    in_flight: int,
    as_json: bool,
    quiet: bool,
) -> int:
    """Judge the conversations of FILE, turn by turn, with evidence.

    FILE is in any format that `dramaturg convert --formats` lists.

    Example: dramaturg critique chats.jsonl --scorers persona,toxicity --out verdicts
    """
    from dramaturg import runner, scorers
    from dramaturg.cli import render
    from dramaturg.cli.live import Live
    from dramaturg.cli.run import spent
    from dramaturg.models.budget import Budget
    from dramaturg.models.gate import Gate
    from dramaturg.models.resolve import Limits
    from dramaturg.runner import judging

    chosen = scorers.expand_names(names if names is not None else scorers.DEFAULT)
    if partner_expert and "partner_fact" not in chosen:
        chosen = (*chosen, "partner_fact")
    budget = Budget(max_usd=max_cost, max_calls=max_calls, max_tokens=max_tokens)
    gate, live = Gate(), Live(lambda: spent(budget))

    async def go() -> dict[str, Any]:
        with runner.ctrl_c(gate, live.say):
            async with live.ticking():
                return await judging.critique_file(
                    file,
                    names=chosen,
                    model=models,
                    out=out,
                    limit=limit,
                    human=human,
                    fact_table=fact_table,
                    exam=exam,
                    samples=samples,
                    budget=budget,
                    gate=gate,
                    limits=Limits(max_in_flight=in_flight),
                    show=None if quiet else live,
                )

    report = asyncio.run(go())
    live.close()
    click.echo(json.dumps(report) if as_json else render.critique(report))
    if report["error"]:
        click.echo(f"error: {report['error']}", err=True)
    return judging.exit_code(report)
