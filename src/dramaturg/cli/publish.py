"""`dramaturg publish`: a dataset on the Hugging Face hub."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument("target")
@click.argument("data")
@click.option("--license", help="The licence, as the hub names it, e.g. cc-by-4.0.")
@click.option("--private", is_flag=True, help="Make the repository private, if it is made now.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent; connect to nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def publish(
    target: str, data: str, license: str | None, private: bool, dry_run: bool, as_json: bool
) -> None:
    """Send the folder DATA to TARGET, hf:org/name, with its card; again: what is missing.

    The token comes from the environment variable HF_TOKEN.

    Example: dramaturg publish hf:my-name/my-dataset my-dataset --license cc-by-4.0 --dry-run
    """
    from dramaturg.cli import render
    from dramaturg.dataset import publish as publishing

    upload = publishing.plan_upload(target, data, license)
    if dry_run:
        click.echo(render.upload(upload, private, as_json))
        return
    if not as_json:
        click.echo(render.upload(upload, private))
    sent = publishing.publish(upload, private=private, say=lambda line: click.echo(line, err=True))
    click.echo(json.dumps(vars(sent)) if as_json else render.sent(sent))
