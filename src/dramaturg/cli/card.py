"""`dramaturg card`: write a dataset's card again."""

from __future__ import annotations

import click


@click.command()
@click.argument("data")
@click.option("--license", help="The licence, as the hub names it, e.g. cc-by-4.0.")
@click.option("--title", help="The name that people read.")
@click.option("--carbon", default="", help="What it emitted, in words, if you measured it.")
def card(data: str, license: str | None, title: str | None, carbon: str) -> None:
    """Write README.md and croissant.json of DATA again, from what is in the folder now.

    After `dramaturg evaluate`, so that its findings stand in the card, or to state a licence.

    Example: dramaturg card my-dataset --license cc-by-4.0
    """
    from dramaturg.dataset.describe import describe

    click.echo(f"written: {describe(data, license, title, carbon)}")
