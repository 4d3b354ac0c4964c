"""`dramaturg doctor`: is everything there, and does it answer?"""

from __future__ import annotations

import asyncio
import json

import click


@click.command()
@click.option("--model", "models", multiple=True, help="Model references to try; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def doctor(models: tuple[str, ...], as_json: bool) -> int:
    """Say what is installed, which models answer and what they can do, with measured rates.

    Example: dramaturg doctor --model openai:gpt-4.1-mini
    """
    from dramaturg.cli import render
    from dramaturg.runner import checkup

    found = asyncio.run(checkup.examine(models or ("embedded",)))
    click.echo(json.dumps(found) if as_json else render.doctor(found))
    return 0 if all(model["ok"] for model in found["models"]) else 1
