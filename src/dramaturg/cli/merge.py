"""`dramaturg merge`: several datasets as one."""

from __future__ import annotations

import click


@click.command()
@click.argument("sources", nargs=-1, required=True)
@click.argument("out")
@click.option("--to", "to_format", help="Format of OUT; left out: what its name says.")
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def merge(
    sources: tuple[str, ...], out: str, to_format: str | None, force: bool, as_json: bool
) -> None:
    """Put the conversations of SOURCES into OUT, each once, with their people and lineage.

    OUT is a new folder, or a file such as all.jsonl.

    Example: dramaturg merge run-a run-b chats_valid.csv everything
    """
    from dramaturg.cli import render
    from dramaturg.dataset import rework

    made = rework.merge(sources, out, to_format=to_format, force=force)
    click.echo(render.produced(made, as_json))
