"""`dramaturg view`: look at a run or a dataset in the browser."""

from __future__ import annotations

import click


@click.command()
@click.argument("data", nargs=-1, required=True)
@click.option("--port", type=click.IntRange(0, 65535), help="0 = any free one.  [8640 or the next]")
@click.option("--host", default="127.0.0.1", show_default=True, help="Whom to answer to.")
@click.option("--verdicts", help="What `dramaturg critique DATA --out VERDICTS` wrote.")
@click.option("--open/--no-open", "open_it", default=False, help="Also open the browser.")
def view(
    data: tuple[str, ...], port: int | None, host: str, verdicts: str | None, open_it: bool
) -> None:
    """Look at DATA in the browser: conversations, people, what was dropped, the run.

    DATA is a run folder, also while it runs, or a dataset in any format that can be read. Two of
    them can be compared. Nothing is changed, and no model, key or network is needed.

    Example: dramaturg view my-dataset
    """
    import asyncio
    import contextlib

    from dramaturg.viewer import Guard, look, other_addresses

    def ready(address: str) -> None:
        click.echo(f"{' and '.join(data)}: {address}")
        if guard.token:
            for other in other_addresses(address):
                click.echo(f"On the network: {other}")
        click.echo("Ctrl-C ends it.")
        if open_it:
            click.launch(address)

    guard = Guard.of(host)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(look(data, guard, port, ready, verdicts=verdicts))
