"""`dramaturg personas`: people by the million, a file in and a file out."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from dramaturg.crowd import Made

F = TypeVar("F", bound=Callable[..., Any])

_SEED = click.option(
    "--seed", type=int, default=13, show_default=True, help="Same seed, same rows."
)
_FORCE = click.option("--force", is_flag=True, help="Replace OUT if it exists.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
_EMBEDDER = click.option(
    "--embedder", default="embedded", show_default=True, help="Who makes sentence vectors."
)


@click.group()
def personas() -> None:
    """Work on very many people: a file in, a file out, memory that stays small.

    SOURCE is text (a person a line), JSONL, CSV, parquet (text forms also gzipped) or a run folder;
    OUT ends in .jsonl, .txt (both also with .gz) or .parquet. Rows left out stand with their line
    and reason in OUT.dropped.jsonl.

    Example: dramaturg personas dedupe people.jsonl once.jsonl
    """


@personas.command()
@click.argument("source")
@click.argument("out")
@click.option("--near", type=click.FloatRange(0.8, 1), default=0.9, show_default=True,
              help="Share of words, in any order, that need not be changed.")  # fmt: skip
@click.option("--by", type=click.Choice(["words", "meaning"]), default="words", show_default=True,
              help="meaning: by words, then by sentence vectors.")  # fmt: skip
@click.option("--cosine", type=click.FloatRange(0, 1, min_open=True), default=0.9,
              show_default=True, help="By meaning: from which cosine on.")  # fmt: skip
@_EMBEDDER
@_SEED
@_FORCE
@_JSON
def dedupe(
    source: str, out: str, near: float, by: Any, cosine: float, embedder: str, seed: int,
    force: bool, as_json: bool,
) -> None:  # fmt: skip
    """Write the people of SOURCE into OUT, of those alike only the first.

    Two texts are alike if at most one word in ten (--near 0.9) must be changed to turn one into the
    other, in any order, unless that word is a negation or holds a digit. Each row left out says
    which line it repeats, and how alike the two are.

    Example: dramaturg personas dedupe people.jsonl once.jsonl --by meaning
    """
    from dramaturg import crowd

    with _stopped():
        made = crowd.dedupe(source, out, near=near, by=by, cosine=cosine, embed=embedder,
                            seed=seed, force=force, say=_say())  # fmt: skip
    _show(made, "people kept", as_json)


@personas.command()
@click.argument("source")
@click.argument("out")
@click.option(
    "--count", type=click.IntRange(1), help="Categories.  [root of the sentences, <= 300]"
)
@click.option("--like", metavar="FILE",
              help="People with a category: each sentence joins the nearest.")  # fmt: skip
@_EMBEDDER
@_SEED
@_FORCE
@_JSON
def cluster(
    source: str, out: str, count: int | None, like: str | None, embedder: str, seed: int,
    force: bool, as_json: bool,
) -> None:  # fmt: skip
    """Write the people of SOURCE into OUT with the category of each sentence.

    A person of one sentence gets the field category, one of several categories.

    Example: dramaturg personas cluster people.jsonl sorted.jsonl --count 100
    """
    from dramaturg import crowd

    with _stopped():
        made = crowd.cluster(source, out, count=count, like=like, embed=embedder, seed=seed,
                             force=force)  # fmt: skip
    _show(made, "people written", as_json)


@personas.command()
@click.argument("source")
@click.argument("out")
@click.option("-n", "size", type=click.IntRange(1), help="How many pairs.  [all that can be made]")
@click.option("--share", type=click.IntRange(0), default=1, show_default=True,
              help="Categories that the two have in common; 0 = none.")  # fmt: skip
@click.option("--at-most", type=click.IntRange(1), default=1, show_default=True,
              help="Partners of one person.")  # fmt: skip
@click.option("--prefer", type=click.Choice(["alike", "any", "different"]), default="alike",
              show_default=True, help="Of those who may be taken, whom.")  # fmt: skip
@click.option("--likeness", nargs=2, type=click.FloatRange(-1, 1), default=(-1.0, 0.9),
              show_default=True, metavar="LOW HIGH", help="Cosines that are allowed.")  # fmt: skip
@click.option("--even", is_flag=True, help="As many pairs of each category as of the others.")
@click.option("--splits", metavar="NAME=SHARE,...",
              help="Pairs stay within a split, e.g. train=0.8,test=0.2.")  # fmt: skip
@_EMBEDDER
@_SEED
@_FORCE
@_JSON
def pair(
    source: str, out: str, size: int | None, share: int, at_most: int, prefer: Any,
    likeness: tuple[float, float], even: bool, splits: str | None, embedder: str, seed: int,
    force: bool, as_json: bool,
) -> None:  # fmt: skip
    """Write who is to talk with whom into OUT: common ground, not the same, nobody too often.

    OUT (.jsonl) holds {"user_1": [...], "user_2": [...]}, which `dramaturg run --personas` reads.

    Example: dramaturg personas pair sorted.jsonl pairs.jsonl --splits train=0.9,test=0.1
    """
    from dramaturg import crowd

    with _stopped():
        made = crowd.pair(source, out, size, share=share, at_most=at_most, prefer=prefer,
                          likeness=likeness, even=even, splits=_shares(splits), embed=embedder,
                          seed=seed, force=force)  # fmt: skip
    _show(made, "pairs", as_json)


@personas.command()
@click.argument("source")
@click.argument("out")
@click.option("-n", "size", type=click.IntRange(1), help="How many; left out: all, with weights.")
@click.option("--to", metavar="FILE",
              help='Marginals: {"sex": {"female": 0.5, ...}}, or a CSV.')  # fmt: skip
@_SEED
@_FORCE
@_JSON
def sample(
    source: str, out: str, size: int | None, to: str | None, seed: int, force: bool, as_json: bool
) -> None:
    """Draw people of SOURCE into OUT, at random or so that they look like a target.

    Prints the design effect and the effective sample size of the weights. A target that cannot be
    met is refused, with the reason.

    Example: dramaturg personas sample people.jsonl some.jsonl -n 1000 --to census.json
    """
    from dramaturg import crowd

    with _stopped():
        made = crowd.sample(source, out, size, to=to, seed=seed, force=force)
    _show(made, "people written", as_json)


@personas.command()
@click.argument("source")
@click.option("--to", metavar="FILE", help="Marginals to stand beside.")
@click.option("--near", type=click.FloatRange(0.8, 1), default=0.9, show_default=True,
              help="Share of words in common from which two are near-duplicates.")  # fmt: skip
@_JSON
def stats(source: str, to: str | None, near: float, as_json: bool) -> None:
    """Print what SOURCE covers: people, repeats, lengths, categories, marginals; each with its n.

    Example: dramaturg personas stats people.jsonl --to census.json
    """
    from dramaturg import crowd
    from dramaturg.cli import crowd_text

    with _stopped():
        found = crowd.stats(source, to=to, near=near)
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else crowd_text.stats(found))


def _shares(text: str | None) -> dict[str, float] | None:
    """ "train=0.8,test=0.2" as shares by name."""
    if text is None:
        return None
    found = {}
    for part in text.split(","):
        name, _, share = part.partition("=")
        try:
            found[name.strip()] = float(share)
        except ValueError:
            raise click.BadParameter(
                f"{part!r} is no share; write NAME=SHARE, e.g. train=0.8,test=0.2",
                param_hint="--splits",
            ) from None
    return found


def _show(made: Made, noun: str, as_json: bool) -> None:
    from dramaturg.cli import crowd_text

    if sys.stderr.isatty():
        click.echo("\r" + " " * 40 + "\r", err=True, nl=False)
    click.echo(
        json.dumps(made.as_json(), ensure_ascii=False) if as_json else crowd_text.made(made, noun)
    )


def _say() -> Callable[[str], None] | None:
    if not sys.stderr.isatty():
        return None
    return lambda what: click.echo(f"\r{what:<40}\r", err=True, nl=False)


@contextlib.contextmanager
def _stopped() -> Iterator[None]:
    """Ctrl-C says what is true here: what was begun is gone, and OUT is as it was."""
    from dramaturg.errors import Interrupted

    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("stopped", why="OUT is as it was; nothing half done is left") from None
