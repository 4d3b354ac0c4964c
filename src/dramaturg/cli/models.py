"""`dramaturg models`: larger models for each role."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def models(as_json: bool) -> None:
    """List sets of larger models with licence and size, for `run --models-from NAME`.

    None of them was measured in this project. The table is a file that you can edit: copy it and
    name the copy in DRAMATURG_MODELS.

    Example: dramaturg models
    """
    import msgspec

    from dramaturg.models.recommended import model_sets

    sets = model_sets()
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(sets)))
        return
    for name, one in sets.items():
        click.echo(f"{name}: {one.about} (as of {one.as_of})")
        for role, entry in one.roles.items():
            click.echo(f"  {role:<9} {entry.ref}")
            click.echo(f"            {entry.model}, {entry.parameters} parameters, {entry.licence}")
    click.echo("\nNot measured here. Use one: dramaturg run RECIPE --models-from NAME[@ADDRESS]")
