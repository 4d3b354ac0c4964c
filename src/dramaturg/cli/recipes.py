"""`dramaturg recipes`: the book."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def recipes(name: str | None, as_json: bool) -> None:
    """List the recipes, or show one: its card, its settings and what it needs of a model.

    Example: dramaturg recipes synthetic-persona-chat
    """
    from dramaturg.cli import render
    from dramaturg.recipes.recipe import all_recipes, find_recipe

    if name:
        found = find_recipe(name)
        click.echo(json.dumps(render.recipe_json(found)) if as_json else render.recipe(found))
        return
    book = all_recipes()
    if as_json:
        click.echo(json.dumps({n: r.headline for n, r in book.items()}))
        return
    for n, r in book.items():
        click.echo(f"{n}  {r.headline}")
    click.echo("\nOne in full: dramaturg recipes NAME")
