"""`dramaturg show`: one conversation."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument("conversation")
@click.option("--run", "run_dir", default="latest", help="Run folder, or 'latest'.")
@click.option("--prompts", is_flag=True, help="Also print the exact text sent to the models.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def show(conversation: str, run_dir: str, prompts: bool, as_json: bool) -> None:
    """Print one conversation, its verdicts, and where it came from.

    CONVERSATION is an id or its beginning, or a number (1 = the first kept one).

    Example: dramaturg show 1 --run my-dataset --prompts
    """
    from dramaturg.cli import render
    from dramaturg.runner import lineage

    found = lineage.trace(run_dir, conversation, with_calls=prompts)
    click.echo(json.dumps(found.as_json()) if as_json else render.lineage(found))
