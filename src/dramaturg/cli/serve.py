"""`dramaturg serve`: the embedded model as an OpenAI-compatible endpoint."""

from __future__ import annotations

import click


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8650, show_default=True,
              help="0 = any free one.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="Whom to answer to.")
def serve(port: int, host: str) -> None:
    """Serve the embedded model: chat, completions, log-probabilities and embeddings.

    It follows no instructions: the chat form takes two personas, or a persona and a talk so far,
    and refuses anything else with the reason. No key is asked for and nothing is kept.

    Example: dramaturg serve --port 8650
    """
    import asyncio

    from dramaturg.serve import serve_until_stopped

    def ready(address: str) -> None:
        click.echo(f"embedded: {address}   (--model openai:embedded@{address})")
        if host not in ("127.0.0.1", "localhost", "::1"):
            click.echo("note: anyone who can reach this address can use it; it asks for no key")
        click.echo("Ctrl-C ends it.")

    asyncio.run(serve_until_stopped(host, port, ready))
