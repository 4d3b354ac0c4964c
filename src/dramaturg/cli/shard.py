"""`dramaturg shard`: the same conversations in files of another size."""

from __future__ import annotations

import click


@click.command()
@click.argument("source")
@click.argument("out")
@click.option(
    "--shards",
    type=click.IntRange(1),
    help="Files of the largest split; the others have files of that size.",
)
@click.option("--rows", type=click.IntRange(1), help="Conversations a file, instead.")
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def shard(
    source: str, out: str, shards: int | None, rows: int | None, force: bool, as_json: bool
) -> None:
    """Write the conversations of SOURCE into OUT as so many parquet files.

    Example: dramaturg shard my-dataset shards --shards 8
    """
    from dramaturg.cli import render
    from dramaturg.dataset import rework

    made = rework.shard(
        source, out, rows_per_shard=rows, shards=shards, to_format="run", force=force
    )
    click.echo(render.produced(made, as_json))
