"""`dramaturg filter`: the conversations that meet a condition."""

from __future__ import annotations

import click


@click.command()
@click.argument("source")
@click.argument("out")
@click.argument("where")
@click.option("--to", "to_format", help="Format of OUT; left out: what its name says.")
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def filter(
    source: str, out: str, where: str, to_format: str | None, force: bool, as_json: bool
) -> None:
    """Put the conversations of SOURCE that meet WHERE into OUT; the others go to dropped/.

    WHERE compares names with numbers and texts: scores.NAME, split, round, recipe, turns, words,
    speakers, facts, text, persona, names, models, id, scene.NAME, extra.NAME; and, or, not, in.

    Example: dramaturg filter my-dataset good 'scores.faithfulness >= 0.9 and "dog" in lower(text)'
    """
    from dramaturg.cli import render
    from dramaturg.dataset import rework

    made = rework.keep_where(source, out, where, to_format=to_format, force=force)
    click.echo(render.produced(made, as_json))
