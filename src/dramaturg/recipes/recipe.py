"""What a recipe is: an ordinary function whose signature is its configuration.

Models come first, typed by what they must be able to do; settings follow the star. Command line,
docs and run folder are read from the signature; the comment beside a setting is its help.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import inspect
import io
import pkgutil
import tokenize
import typing
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import NoneType, UnionType
from typing import Any

import msgspec

from dramaturg.errors import DramaturgError, UserError
from dramaturg.models import (
    ChatModel,
    Embedder,
    LogProbModel,
    NLIModel,
    QualityModel,
    ToxicityModel,
    can_do,
)
from dramaturg.records import Conversation, Persona

NEAREST = "synthetic-persona-chat"  # it runs whole on the embedded model
_PROTOCOLS: dict[type, str] = {
    ChatModel: "answers the tasks",
    NLIModel: "judges entailment and contradiction",
    Embedder: "turns sentences into vectors",
    LogProbModel: "says how likely a given text is",
    ToxicityModel: "rates toxicity",
    QualityModel: "compares conversations",
}


@dataclass(frozen=True)
class Made:
    """What a recipe hands to the runner.

    Attributes:
        conversations: The kept ones, each with its split; may be read from disk.
        people: Everyone who could talk.
        tables: What is made and is no conversation (texts, profiles, items of a benchmark,
            answers), by name: rows of one Struct type each, with an `id`. Written beside `data/`.
        report: Figures by section, JSON values; each number names its n, unit, split and scorer.
        notes: Sentences that a user should read (a split that stayed empty, a target missed).
        cut: What cut it off before its end (the user, a budget, a failing model), or None.
    """

    conversations: Sequence[Conversation]
    people: list[Persona]
    report: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    cut: DramaturgError | None = None
    tables: Mapping[str, Sequence[msgspec.Struct]] = field(default_factory=dict)

    def count(self, what: str) -> int:
        """How many "conversations", "people", or rows of the table of this name were made."""
        if what == "conversations":
            return len(self.conversations)
        return len(self.people if what == "people" else self.tables.get(what, ()))


@dataclass(frozen=True)
class Step:
    """One line of an estimate: how many calls a role makes, and how long they are.

    Attributes:
        tokens_in, tokens_out: Per call, on average.
        task: The task that is asked for: the embedded model's calls count where it knows it.
    """

    name: str
    role: str
    calls: int
    tokens_in: int
    tokens_out: int
    task: str = ""


@dataclass(frozen=True)
class Setting:
    """One setting: its name, the Python type of a value, its default and its help."""

    name: str
    kind: type
    optional: bool
    default: Any
    help: str
    choices: tuple[str, ...] = ()

    def read(self, text: str) -> Any:
        """The value that a text stands for. Raises UserError if it is none."""
        if self.optional and text.lower() in ("none", ""):
            return None
        try:
            if self.kind is bool:
                return {
                    "true": True,
                    "yes": True,
                    "1": True,
                    "false": False,
                    "no": False,
                    "0": False,
                }[text.lower()]
            if self.choices and text not in self.choices:
                raise ValueError(text)
            return self.kind(text)
        except (ValueError, KeyError) as error:
            raise UserError(
                f"--{self.name.replace('_', '-')} cannot be {text!r}",
                why=f"it takes {self.wanted}",
                fix=f"the default is {self.default!r}",
            ) from error

    @property
    def wanted(self) -> str:
        """What a value must be, in words."""
        if self.choices:
            return " or ".join(self.choices)
        return {bool: "yes or no", int: "a whole number", float: "a number"}.get(
            self.kind, "a " + self.kind.__name__
        )


@dataclass(frozen=True)
class Recipe:
    """A recipe and what its signature says.

    Attributes:
        roles: Role name -> the protocol that its model must satisfy.
        tasks: Role name -> the tasks that a chat model in this role is asked for.
        estimate: Settings and number of facts -> the calls it will make; its docstring says what
            that rests on, and is printed with the figures.
        ranges: Least and most of a setting that is a number.
        ordered: Pairs of settings of which the first must not be above the second.
        count: The setting that `-n` fills.
        makes: What it is run for: "conversations", "people", or the name of a table.
        example: What follows `dramaturg run NAME` in its card.
        nearest: The recipe to name where the embedded model cannot play a role.
        in_shards: Whether a run can be done in shards: its items go through `loop.improve`, and
            the costly steps before it are marked as `store.parts.step`.
    """

    name: str
    make: Callable[..., Awaitable[Made]]
    tasks: Mapping[str, tuple[str, ...]]
    estimate: Callable[[Mapping[str, Any], int], list[Step]]
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    ordered: tuple[tuple[str, str], ...] = ()
    count: str = "conversations"
    makes: str = "conversations"
    example: str = "--personas people.txt -n 100 --out my-dataset"
    nearest: str = NEAREST
    in_shards: bool = False

    @functools.cached_property
    def headline(self) -> str:
        """The first line of its module's docstring."""
        return self.card.partition("\n")[0]

    @functools.cached_property
    def card(self) -> str:
        """Its module's docstring."""
        return inspect.getdoc(inspect.getmodule(self.make)) or ""

    @functools.cached_property
    def roles(self) -> dict[str, type]:
        hints = typing.get_type_hints(self.make)
        parameters = inspect.signature(self.make).parameters.values()
        return {p.name: hints[p.name] for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD}

    @functools.cached_property
    def settings(self) -> dict[str, Setting]:
        hints = typing.get_type_hints(self.make)
        helps = _comments(self.make)
        found = {}
        for p in inspect.signature(self.make).parameters.values():
            if p.kind is not p.KEYWORD_ONLY:
                continue
            hint = hints[p.name]
            kinds = typing.get_args(hint) if isinstance(hint, UnionType) else ()
            choices = typing.get_args(hint) if typing.get_origin(hint) is typing.Literal else ()
            kind = str if choices else next((k for k in kinds if k is not NoneType), hint)
            found[p.name] = Setting(
                name=p.name,
                kind=kind,
                optional=NoneType in kinds,
                default=p.default,
                help=helps.get(p.name, ""),
                choices=choices,
            )
        return found

    def check_model(self, role: str, model: object) -> None:
        """Raises UserError if `model` cannot play `role`; names a model that can."""
        need = self.roles[role]
        missing = [t for t in self.tasks.get(role, ()) if not can_do(model, t)]
        ref = getattr(model, "ref", type(model).__name__)
        if not isinstance(model, need):
            raise UserError(
                f"{ref} cannot play the role {role!r} of {self.name}",
                why=f"the role needs a model that {_PROTOCOLS.get(need, 'does ' + need.__name__)}",
                fix=f"give it another, e.g. --model {role}=embedded"
                if ref.partition(":")[0] != "embedded"
                else self._instead(role),
            )
        if need is ChatModel and missing:
            raise UserError(
                f"{ref} cannot do {missing[0]!r}, which {self.name} asks of its {role!r}",
                why="it follows no instructions and has no native form of this task",
                fix=self._instead(role),
            )

    def _instead(self, role: str) -> str:
        """What to do where a role needs a model that follows instructions."""
        words = f"give it an instruction model, e.g. --model {role}=openai:gpt-4.1-mini"
        if self.nearest == self.name:
            return words
        return f"{words}; the nearest recipe that runs without one is {self.nearest}"


_recipes: dict[str, Recipe] = {}
_ANY = 10**9


def recipe(
    *,
    tasks: Mapping[str, tuple[str, ...]],
    estimate: Callable[[Mapping[str, Any], int], list[Step]],
    ranges: Mapping[str, tuple[float, float]] | None = None,
    ordered: tuple[tuple[str, str], ...] = (),
    count: str = "conversations",
    makes: str = "conversations",
    example: str = "--personas people.txt -n 100 --out my-dataset",
    nearest: str = NEAREST,
    in_shards: bool = False,
) -> Callable[[Callable[..., Awaitable[Made]]], Callable[..., Awaitable[Made]]]:
    """Enter a function into the book under its own name, underscores as dashes."""

    def enter(make: Callable[..., Awaitable[Made]]) -> Callable[..., Awaitable[Made]]:
        name = make.__name__.replace("_", "-")
        _recipes[name] = Recipe(
            name=name,
            make=make,
            tasks=tasks,
            estimate=estimate,
            ranges=ranges or {},
            ordered=ordered,
            count=count,
            makes=makes,
            example=example,
            nearest=nearest,
            in_shards=in_shards,
        )
        return make

    return enter


def all_recipes() -> dict[str, Recipe]:
    """Every recipe by name; a recipe is a module of this package that calls `recipe`."""
    import dramaturg.recipes as book

    for module in pkgutil.iter_modules(book.__path__):
        importlib.import_module(f"dramaturg.recipes.{module.name}")
    return dict(sorted(_recipes.items()))


def find_recipe(name: str) -> Recipe:
    """The recipe of this name. Raises UserError naming the nearest one."""
    known = all_recipes()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name.replace("_", "-"), known, n=1, cutoff=0.3)
    raise UserError(
        f"there is no recipe {name!r}",
        why=f"known: {', '.join(known)}",
        fix=f"did you mean {near[0]!r}?" if near else "dramaturg recipes lists them",
    )


def read_settings(of: Recipe, given: Mapping[str, Any]) -> dict[str, Any]:
    """All settings of a recipe: the given ones read and checked, defaults for the rest.

    Raises:
        UserError: For an unknown setting (with the nearest right one) or a value of another type.
    """
    settings = {name: s.default for name, s in of.settings.items()}
    for name, value in given.items():
        key = name.replace("-", "_")
        if key not in settings:
            near = difflib.get_close_matches(key, settings, n=1, cutoff=0.4)
            raise UserError(
                f"{of.name} has no setting --{name.replace('_', '-')}",
                fix=f"did you mean --{near[0].replace('_', '-')}?"
                if near
                else f"dramaturg recipes {of.name} lists its settings",
            )
        setting = of.settings[key]
        if isinstance(value, str):
            value = setting.read(value)
        elif setting.kind is Path and value is not None:
            value = Path(value)
        elif setting.kind is float and type(value) is int:
            value = float(value)
        elif not (isinstance(value, setting.kind) or (value is None and setting.optional)):
            setting.read(str(value))
        settings[key] = value
    _check_ranges(of, settings)
    return settings


def _check_ranges(of: Recipe, settings: Mapping[str, Any]) -> None:
    """Raises UserError for a number out of its range, or a range upside down."""
    for name, (low, high) in of.ranges.items():
        value = settings[name]
        if value is not None and not low <= value <= high:  # a NaN is in no range
            raise UserError(
                f"--{name.replace('_', '-')} cannot be {value}",
                why=f"it lies between {low} and {high}" if high < _ANY else f"it is {low} or more",
                fix=f"the default is {of.settings[name].default}",
            )
    for low_name, high_name in of.ordered:
        if settings[low_name] > settings[high_name]:
            one, other = low_name.replace("_", "-"), high_name.replace("_", "-")
            raise UserError(f"--{one} is above --{other}", fix=f"raise --{other} or lower --{one}")


def _comments(make: Callable[..., Any]) -> dict[str, str]:
    """The comment on the line of each parameter."""
    source = inspect.getsource(inspect.unwrap(make))
    found: dict[str, str] = {}
    line: list[str] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.NAME:
            line.append(token.string)
        elif token.type == tokenize.COMMENT and line:
            found.setdefault(line[0], token.string.lstrip("# "))
        elif token.type in (tokenize.NL, tokenize.NEWLINE):
            line = []
    return found
