"""`dramaturg train`: make the embedded model and its experts again."""

from __future__ import annotations

import click


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.argument("what", type=click.Choice(["embedded", "experts"]))
@click.pass_context
def train(ctx: click.Context, what: str) -> None:
    """Train the embedded language model (needs the extra `train`) or the small experts.

    All that follows goes to the trainer: dramaturg train embedded -- --help

    Example: dramaturg train embedded --data DATA --out runs/embedded --steps 4500
    """
    import importlib

    from dramaturg.errors import UserError

    if what == "embedded":
        try:
            import torch  # noqa: F401  (only to see whether it is there)
        except ImportError as error:
            raise UserError(
                "training the embedded model needs PyTorch, which is not installed",
                why=str(error),
                fix="pip install 'dramaturg[train]'",
            ) from error
    module = importlib.import_module(f"dramaturg.train.{what}.__main__")
    module.main(ctx.args)
