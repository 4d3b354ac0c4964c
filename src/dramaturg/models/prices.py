"""What a model's tokens cost: a table that you can edit. A price that is not listed is unknown."""

from __future__ import annotations

import functools
import os
import re
import tomllib
from importlib import resources
from pathlib import Path

import msgspec

from dramaturg.errors import UserError

ENV = "DRAMATURG_PRICES"
_DATED = re.compile(r"-\d{4}-?\d{2}-?\d{2}$")


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """US dollars per million tokens.

    Attributes:
        input, output: >= 0.
        batch: What a batch API takes, as a share of these.
        source: Where the price is from, in words.
    """

    input: float
    output: float
    batch: float = 0.5
    source: str = ""

    def usd(self, tokens_in: int, tokens_out: int) -> float:
        """US dollars for so many tokens."""
        return (self.input * tokens_in + self.output * tokens_out) / 1e6


FREE = Price(input=0.0, output=0.0, source="your own machine")


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    input: float
    output: float
    batch: float = 0.5


class _Table(msgspec.Struct, frozen=True):
    models: dict[str, _Row]
    as_of: str = "no date"


def price_of(model: str) -> Price | None:
    """The listed price of a model, None = not known. A date at the name's end is ignored.

    Raises:
        UserError: If the file named by DRAMATURG_PRICES cannot be read.
    """
    table = _prices(os.environ.get(ENV, ""))
    return table.get(model) or table.get(_DATED.sub("", model))


def usd(model: str, tokens_in: int, tokens_out: int) -> float | None:
    """US dollars for so many tokens of a model, None = its price is not known."""
    price = price_of(model)
    return None if price is None else price.usd(tokens_in, tokens_out)


def unknown_price(model: str) -> str:
    """The words that stand where a sum would."""
    return f"unknown: {model} is in no price table (add it to a file named by {ENV})"


@functools.cache
def _prices(own: str) -> dict[str, Price]:
    shipped = resources.files("dramaturg.models").joinpath("prices.toml")
    prices = _read(shipped.read_text(encoding="utf-8"), "the table of Dramaturg")
    if own:
        try:
            prices |= _read(Path(own).read_text(encoding="utf-8"), own)
        except (
            OSError,
            UnicodeDecodeError,
            tomllib.TOMLDecodeError,
            msgspec.MsgspecError,
        ) as error:
            raise UserError(
                f"cannot read the prices in {own}",
                why=str(error),
                fix=f'write e.g. [models] and "my-model" = {{ input = 0.1, output = 0.4 }} (US '
                f"dollars per million tokens), or unset {ENV}",
            ) from error
    return prices


def _read(text: str, name: str) -> dict[str, Price]:
    table = msgspec.convert(tomllib.loads(text), _Table, strict=False)
    bad = [
        m
        for m, row in table.models.items()
        if not (row.input >= 0 and row.output >= 0 and row.batch >= 0)
    ]
    if bad:
        raise msgspec.ValidationError(f"a price below 0 for {bad[0]!r}")
    source = f"{name}, {table.as_of}"
    return {
        model: Price(input=row.input, output=row.output, batch=row.batch, source=source)
        for model, row in table.models.items()
    }
