"""`dramaturg`: the group of commands, each loaded when it is called."""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from typing import Any

import click

from dramaturg import __version__
from dramaturg.errors import DramaturgError

# Command -> its one line of help; the file of the same name holds the command.
COMMANDS = {
    "run": "Make a dataset of conversations from a list of people.",
    "recipes": "List the recipes, or show one: its card, settings and model needs.",
    "prove": "Run the planted proofs of the recipes, each with pass or fail.",
    "profile": "Read a person's profile out of a text, or bring it up to date.",
    "personas": "People by the million: dedupe, cluster, pair, sample, stats.",
    "show": "Print one conversation, its verdicts, and where it came from.",
    "view": "Look at a run or a dataset in the browser.",
    "critique": "Judge conversations that exist already, with evidence.",
    "annotate": "Let people judge, over the local network or by a page in a file.",
    "convert": "Write a dataset in another format, and say what was lost.",
    "merge": "Put several datasets together, each conversation once.",
    "filter": "Keep the conversations that meet a condition.",
    "sample": "Draw some conversations at random.",
    "dedupe": "Take out near-duplicates.",
    "split": "Divide a dataset anew, or check what its splits share.",
    "shard": "Write the same conversations in files of another size.",
    "redact": "Replace personal data: names, addresses, numbers.",
    "card": "Write a dataset's card again, e.g. with a licence.",
    "publish": "Send a dataset to the Hugging Face hub.",
    "evaluate": "Measure a dataset, alone or beside a reference; pictures and numbers.",
    "compare": "Ask judges which of two datasets is more human-like, pair by pair.",
    "models": "List larger models for each role, with licence and size.",
    "serve": "Serve the embedded model as an OpenAI-compatible endpoint.",
    "doctor": "Say what is installed, which models answer, and how fast.",
    "train": "Train the embedded model and its small experts.",
}


class _Commands(click.Group):
    """Loads a command's file on use, and names the nearest command on a typo."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"dramaturg.cli.{name}"), name)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS:
            near = difflib.get_close_matches(args[0], COMMANDS, n=1, cutoff=0.4)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="dramaturg")
def cli() -> None:
    """From a list of people to a dataset of conversations you can trust.

    Example: dramaturg run synthetic-persona-chat --personas people.txt -n 100 --out my-dataset
    """


def main() -> None:
    """Entry point: errors as what/why/fix on standard error, exit codes 0, 1, 2, 130."""
    try:
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except DramaturgError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        click.echo("interrupted; the same command goes on where it stopped", err=True)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
