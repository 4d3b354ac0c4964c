"""`dramaturg split`: divide a dataset anew, or check how well its splits are kept apart."""

from __future__ import annotations

import click


@click.command()
@click.argument("data")
@click.argument("out", required=False)
@click.option(
    "--by",
    default="persona",
    show_default=True,
    help="persona, pair, paraphrase, file, or a published dataset: synthetic-persona-chat.",
)
@click.option("--shares", default="0.8,0.1,0.1", show_default=True, help="Train, validation, test.")
@click.option("--seed", default=13, show_default=True, help="Which groups go where.")
@click.option(
    "--paraphrase-at",
    type=click.FloatRange(0.5, 1),
    help="With --by paraphrase: cosine of the embedded vectors from which facts say the same.",
)
@click.option("--check", is_flag=True, help="Only look for what the splits of DATA share.")
@click.option("--published", help="With --check: compare with the splits as published.")
@click.option(
    "--near",
    type=click.FloatRange(0.5, 1),
    default=0.8,
    show_default=True,
    help="With --check: share of common shingles from which two conversations count as one.",
)
@click.option("--to", "to_format", help="Format of OUT; left out: what its name says.")
@click.option("--force", is_flag=True, help="Replace OUT if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def split(
    data: str,
    out: str | None,
    by: str,
    shares: str,
    seed: int,
    paraphrase_at: float | None,
    check: bool,
    published: str | None,
    near: float,
    to_format: str | None,
    force: bool,
    as_json: bool,
) -> int:
    """Divide DATA into new splits in OUT, or check the ones it has.

    Exit code 1 with --check: a person, a pair or a conversation stands in two splits.

    Example: dramaturg split my-dataset apart --by pair; dramaturg split apart --check
    """
    from dramaturg.cli import render
    from dramaturg.dataset import load_conversations, resplit

    if published is not None:
        from dramaturg.dataset.published import agreement

        agreed = agreement(load_conversations(data), published)
        click.echo(render.agreement(agreed, as_json))
        return 0 if agreed.exact else 1
    if check:
        from dramaturg.dataset.leak_check import check_splits

        found = check_splits(load_conversations(data), near)
        click.echo(render.leaks(found, as_json))
        return 0 if found.clean else 1
    if out is None:
        raise click.UsageError("Give DATA and OUT, or --check.")
    same = None
    if paraphrase_at is not None:
        from dramaturg.runner.paraphrases import by_vectors

        same = by_vectors(paraphrase_at)
    made = resplit.resplit(
        data,
        out,
        by,
        resplit.read_shares(shares),
        seed,
        same=same,
        near=paraphrase_at,
        to_format=to_format,
        force=force,
    )
    click.echo(render.produced(made, as_json))
    return 0
