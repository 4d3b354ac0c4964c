"""`dramaturg dedupe`: without near-duplicates."""

from __future__ import annotations

import click


@click.command()
@click.argument("source")
@click.argument("out")
@click.option(
    "--near",
    type=click.FloatRange(0.5, 1),
    default=0.8,
    show_default=True,
    help="Share of common three-word shingles from which two count as one.",
)
@click.option("--to", "to_format", help="Format of OUT; left out: what its name says.")
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def dedupe(
    source: str, out: str, near: float, to_format: str | None, force: bool, as_json: bool
) -> None:
    """Put the conversations of SOURCE into OUT, of near-duplicates only the first.

    Example: dramaturg dedupe my-dataset once --near 0.7
    """
    from dramaturg.cli import render
    from dramaturg.dataset import rework

    made = rework.dedupe(source, out, near, to_format=to_format, force=force)
    click.echo(render.produced(made, as_json))
