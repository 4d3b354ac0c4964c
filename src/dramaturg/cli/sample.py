"""`dramaturg sample`: some conversations, drawn at random."""

from __future__ import annotations

import click


@click.command()
@click.argument("source")
@click.argument("out")
@click.option("-n", "size", type=click.IntRange(1), help="How many.")
@click.option("--share", type=click.FloatRange(0, 1, min_open=True), help="Which share, instead.")
@click.option("--each-split", is_flag=True, help="N of every split.")
@click.option("--seed", default=13, show_default=True, help="The same seed draws the same ones.")
@click.option("--to", "to_format", help="Format of OUT; left out: what its name says.")
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def sample(
    source: str,
    out: str,
    size: int | None,
    share: float | None,
    each_split: bool,
    seed: int,
    to_format: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Draw conversations of SOURCE into OUT; which ones depends on the seed and on nothing else.

    Example: dramaturg sample my-dataset small -n 100 --each-split
    """
    from dramaturg.cli import render
    from dramaturg.dataset import rework

    made = rework.sample(
        source, out, size, share, each_split=each_split, seed=seed, to_format=to_format, force=force
    )
    click.echo(render.produced(made, as_json))
