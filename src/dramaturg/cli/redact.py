"""`dramaturg redact`: a dataset without personal data."""

from __future__ import annotations

import click


@click.command()
@click.argument("source")
@click.argument("out", required=False)
@click.option(
    "--kinds",
    help="Only these, by commas: email,url,iban,card,ssn,ip,address,phone,handle,name.",
)
@click.option("--surrogates", is_flag=True, help="Invented values in place of [NAME_1].")
@click.option("--presidio", is_flag=True, help="Presidio's patterns too (extra 'redact').")
@click.option("--show", is_flag=True, help="Only print what would be replaced; write nothing.")
@click.option("--to", "to_format", help="Format of OUT; left out: what its name says.")
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def redact(
    source: str,
    out: str | None,
    kinds: str | None,
    surrogates: bool,
    presidio: bool,
    show: bool,
    to_format: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Replace names, addresses and numbers of people in SOURCE, the same one alike everywhere.

    Rules find what has a shape, and names by a list and by the words around them; read a sample
    of what is left before you publish it.

    Example: dramaturg redact chats.jsonl clean --show; dramaturg redact chats.jsonl clean
    """
    from dramaturg.cli import render
    from dramaturg.dataset import redaction

    more = None
    if presidio:
        from dramaturg.dataset.redaction.presidio import PresidioFinder

        more = PresidioFinder()
    wanted = [kind.strip() for kind in kinds.split(",")] if kinds else list(redaction.KINDS)
    if show:
        click.echo(render.plain("\n".join(redaction.preview(source, wanted, more=more))))
        return
    if out is None:
        raise click.UsageError("Give SOURCE and OUT, or --show.")
    made = redaction.redact(
        source,
        out,
        wanted,
        surrogates=surrogates,
        more=more,
        to_format=to_format,
        force=force,
    )
    click.echo(render.produced(made, as_json))
