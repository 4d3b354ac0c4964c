"""`dramaturg profile`: what a text tells of a person, and what a later text changes."""

from __future__ import annotations

import asyncio

import click

_MODEL = click.option("--model", default="embedded", help="An instruction model that reads.")
_OUT = click.option("--out", help="Write the profile into this file; else it is printed.")


@click.group()
def profile() -> None:
    """Read a person's profile out of a text, or bring it up to date with another.

    Example: dramaturg profile extract ada_abel.txt --model openai:gpt-4.1-mini --out ada.json;
    dramaturg profile update ada.json note.txt --model openai:gpt-4.1-mini --diff
    """


@profile.command()
@click.argument("text")
@click.option("--name", help="Whose profile; left out: the file's name.")
@click.option("--keys", default="", help="Only these keys, by commas.")
@click.option("--seed", default=13, show_default=True)
@_MODEL
@_OUT
def extract(text: str, name: str | None, keys: str, seed: int, model: str, out: str | None) -> None:
    """The profile that the file TEXT tells, every value with the words that say it.

    What is not used stands on standard error, with its reason.

    Example: dramaturg profile extract ada_abel.txt --model openai:gpt-4.1-mini --out ada.json
    """
    from dramaturg.runner import profiles

    wanted = [key.strip() for key in keys.split(",") if key.strip()]
    got = asyncio.run(profiles.extract_file(text, model, name=name, keys=wanted, seed=seed))
    _tell(got, out, diff=False)


@profile.command()
@click.argument("known")
@click.argument("note")
@click.option("--when", help="Day of the note, e.g. 2025-03-01.")
@click.option("--diff", is_flag=True, help="Print what changes instead of the profile.")
@click.option("--seed", default=13, show_default=True)
@_MODEL
@_OUT
def update(
    known: str,
    note: str,
    when: str | None,
    diff: bool,
    seed: int,
    model: str,
    out: str | None,
) -> None:
    """The profile KNOWN after the text NOTE; what was before stays in it, with its end.

    Example: dramaturg profile update ada.json note.txt --diff --model openai:gpt-4.1-mini
    """
    from dramaturg.runner import profiles

    got = asyncio.run(profiles.update_file(known, note, model, when=when, seed=seed))
    _tell(got, out, diff=diff)


def _tell(got: object, out: str | None, *, diff: bool) -> None:
    from dramaturg.cli import render
    from dramaturg.profile import Updated
    from dramaturg.records import to_json
    from dramaturg.runner import profiles

    assert isinstance(got, Updated)
    for drop in got.drops:
        click.echo(render.plain(f"not used: {drop.reason}"), err=True)
    if out is not None:
        profiles.write_profile(got.profile, out)
    if diff:
        click.echo(render.plain(render.changes(got.changes)))
    elif out is None:
        click.echo(to_json(got.profile))
