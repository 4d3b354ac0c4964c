"""`dramaturg merge`: several datasets as one, or the shards of a run as the whole run."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import click

from dramaturg.errors import UserError


@click.command()
@click.argument("sources", nargs=-1, required=True)
@click.option("-o", "--out", help="Where to; without it, the last of SOURCES.")
@click.option("--to", "to_format", help="Format of OUT; left out: what its name says.")
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
@click.option("--incomplete", is_flag=True, help="Shards: merge what is there; gaps are told.")
@click.option("--personas", help="Shards: the file of personas, where it is not beside them.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def merge(
    sources: tuple[str, ...],
    out: str | None,
    to_format: str | None,
    force: bool,
    incomplete: bool,
    personas: str | None,
    as_json: bool,
) -> int | None:
    """Put the conversations of SOURCES into OUT, each once, with their people and lineage.

    OUT is a new folder, or a file such as all.jsonl. The shards of a run (`dramaturg run --shard`)
    become one run folder: the data that the run would have made without shards.

    Example: dramaturg merge run-a run-b chats_valid.csv everything

    Example: dramaturg merge my-run/shard-* -o my-dataset
    """
    from dramaturg import runner

    given: Sequence[str] = sources if out is not None else sources[:-1]
    target = out if out is not None else sources[-1]
    if any(runner.is_shard(source) for source in given):
        if to_format or force:
            raise UserError(
                "shards become a run folder, which is never replaced",
                fix="leave out --to and --force; `dramaturg convert` writes other formats",
            )
        return _shards(given, target, incomplete, personas, as_json)
    if incomplete or personas:
        raise UserError("--incomplete and --personas are for shards", fix="none was named")
    from dramaturg.cli import render
    from dramaturg.dataset import rework

    made = rework.merge(given, target, to_format=to_format, force=force)
    click.echo(render.produced(made, as_json))
    return None


def _shards(
    folders: Sequence[str], out: str, incomplete: bool, personas: str | None, as_json: bool
) -> int:
    from dramaturg import runner
    from dramaturg.cli import render

    made = asyncio.run(runner.merge_shards(folders, out, incomplete=incomplete, personas=personas))
    click.echo(json.dumps(render.result_json(made)) if as_json else render.result(made))
    if made.error is not None:
        click.echo(f"error: {made.error}", err=True)
    return made.exit_code
