"""`dramaturg convert`: from one format to another."""

from __future__ import annotations

import json
import sys
from typing import Any

import click


@click.command()
@click.argument("src", required=False)
@click.argument("dst", required=False)
@click.option("--from", "from_format", help="Format of SRC; left out: what it looks like.")
@click.option("--to", "to_format", help="Format of DST; left out: what its name says.")
@click.option("--train-on", help="For training: the speaker trained, 1, 2 or both.")
@click.option("--persona", help="For training: where it stands: system, text or none.")
@click.option("--distractors", type=int, help="For training: facts of others mixed in.")
@click.option("--window", type=int, help="For training: at most so many turns a row.")
@click.option("--seed", type=int, help="For training: of the distractors.")
@click.option("--variant", help="For convai2: whose persona: both, self, other or none.")
@click.option("--force", is_flag=True, help="Replace DST if it exists.")
@click.option("--formats", "list_formats", is_flag=True, help="List the formats, and stop.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def convert(
    src: str | None,
    dst: str | None,
    from_format: str | None,
    to_format: str | None,
    force: bool,
    list_formats: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Write the conversations of SRC to DST in another format, and say what was lost.

    Example: dramaturg convert my-dataset chats.jsonl --to sharegpt
    """
    from dramaturg.cli import render
    from dramaturg.dataset import FORMATS
    from dramaturg.dataset import convert as converted

    if list_formats:
        click.echo(render.formats(FORMATS))
        return
    if src is None or dst is None:
        raise click.UsageError("Give SRC and DST, or --formats.")
    progress = _progress if sys.stderr.isatty() and not as_json else None
    given = {name: value for name, value in options.items() if value is not None}
    made = converted(
        src,
        dst,
        from_format=from_format,
        to_format=to_format,
        force=force,
        progress=progress,
        **given,
    )
    if progress is not None:
        click.echo("\r\033[K", nl=False, err=True)
    if as_json:
        told = {k: v for k, v in vars(made).items() if k != "dropped"}
        click.echo(json.dumps({**told, "dropped": [drop.reason for drop in made.dropped]}))
        return
    click.echo(render.converted(made, src, dst))


def _progress(count: int) -> None:
    click.echo(f"\r{count:,} conversations", nl=False, err=True)
