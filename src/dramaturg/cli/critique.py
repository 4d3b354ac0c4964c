"""`dramaturg critique`: the critics over conversations that exist already."""

from __future__ import annotations

import asyncio
import json

import click


@click.command()
@click.argument("file")
@click.option("--out", help="Folder for verdicts.jsonl and report.json.")
@click.option("--model", default="embedded", show_default=True, help="The critic.")
@click.option("-n", "limit", type=click.IntRange(1), help="Only the first N conversations.")
@click.option("--partner-expert", is_flag=True, help="Also look for facts taken from the partner.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def critique(
    file: str, out: str | None, model: str, limit: int | None, partner_expert: bool, as_json: bool
) -> None:
    """Judge the conversations of FILE: faithfulness and toxicity, turn by turn, with evidence.

    FILE is in any format that `dramaturg convert --formats` lists.

    Example: dramaturg critique chats.jsonl --out verdicts
    """
    from dramaturg.cli import render
    from dramaturg.runner import judging

    report = asyncio.run(
        judging.critique_file(file, model=model, out=out, limit=limit, partner=partner_expert)
    )
    click.echo(json.dumps(report) if as_json else render.critique(report))
