"""`dramaturg evaluate`: a dataset measured, alone or beside a reference."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument("data")
@click.option("--against", help="A reference to stand beside, e.g. human conversations.")
@click.option("--out", help="Folder for report.html and report.json.")
@click.option("--split", help="Only this split, e.g. test.")
@click.option(
    "--model", default="embedded", show_default=True, help="Who embeds, and judges a sample."
)
@click.option(
    "--sample",
    type=click.IntRange(20),
    default=2_000,
    show_default=True,
    help="Conversations for measures that need them whole.",
)
@click.option(
    "--judged",
    type=click.IntRange(0),
    default=200,
    show_default=True,
    help="Of these, how many the judges see.",
)
@click.option("--seed", type=int, default=13, show_default=True, help="Same seed, same figures.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def evaluate(
    data: str,
    against: str | None,
    out: str | None,
    split: str | None,
    model: str,
    sample: int,
    judged: int,
    seed: int,
    as_json: bool,
) -> None:
    """Measure DATA: length, persona, variety, coherence, copying and leakage, with intervals.

    DATA is a run folder or any file of conversations that can be read; memory stays small
    however many there are.

    Example: dramaturg evaluate my-dataset --against human.jsonl --out evaluation
    """
    from dramaturg.cli import figures
    from dramaturg.runner import evaluating

    found = evaluating.evaluate_dataset(
        data,
        against=against,
        out=out,
        split=split,
        model=model,
        sample=sample,
        judged=judged,
        seed=seed,
    )
    click.echo(json.dumps(found.report) if as_json else figures.evaluation(found))
