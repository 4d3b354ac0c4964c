"""`dramaturg prove`: the planted cases of the recipes."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def prove(names: tuple[str, ...], as_json: bool) -> int:
    """Run the offline proofs of recipes (all, without a name): each with pass or fail.

    A proof is a planted case whose right answer is known; it needs no model, no key, no data.
    Exit code 1 where one fails.

    Example: dramaturg prove synthetic-persona-chat
    """
    from dramaturg import proofs
    from dramaturg.cli import render

    chosen = [p for name in names or (None,) for p in proofs.all_proofs(name)]
    outcomes = proofs.prove(chosen)
    if as_json:
        click.echo(json.dumps(render.proofs_json(outcomes)))
    else:
        click.echo(render.proofs(outcomes))
    return 0 if outcomes and all(one.held for one in outcomes) else 1
