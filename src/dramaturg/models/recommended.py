"""Larger models for each role, from a table that you can edit: `--models-from NAME[@ADDRESS]`."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Collection, Sequence
from importlib import resources
from pathlib import Path

import msgspec

from dramaturg.errors import UserError

ENV = "DRAMATURG_MODELS"
_ADDRESS = "ADDRESS"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model of a set.

    Attributes:
        ref: As `--model` takes it; holds "ADDRESS" where the server's address goes.
        model: Its full name, as its maker publishes it.
        parameters: E.g. "7.6B".
        licence: SPDX identifier, or the licence's own name.
    """

    ref: str
    model: str
    parameters: str
    licence: str


class ModelSet(msgspec.Struct, frozen=True):
    """Models that go together.

    Attributes:
        about: For which machine.
        roles: By role; "chat" is every role that a chat model can play.
        as_of: When its licences and sizes were looked up.
    """

    about: str
    roles: dict[str, Entry]
    as_of: str


def model_sets() -> dict[str, ModelSet]:
    """All sets by name: the shipped ones, and those of the file named by DRAMATURG_MODELS.

    Raises:
        UserError: If that file cannot be read.
    """
    shipped = resources.files("dramaturg.models").joinpath("recommended.toml")
    sets = _read(shipped.read_text(encoding="utf-8"))
    own = os.environ.get(ENV)
    if own:
        try:
            sets |= _read(Path(own).read_text(encoding="utf-8"))
        except (
            OSError,
            UnicodeDecodeError,
            tomllib.TOMLDecodeError,
            msgspec.MsgspecError,
        ) as error:
            raise UserError(
                f"cannot read the models in {own}",
                why=str(error),
                fix="write it as models/recommended.toml of the package is written, or unset "
                + ENV,
            ) from error
    return sets


def with_recommended(name: str, given: Sequence[str], roles: Collection[str]) -> tuple[str, ...]:
    """`--model` items: those of a set, less the roles that are given explicitly, then the given.

    Args:
        name: NAME or NAME@ADDRESS.
        given: The explicit items; they win.
        roles: Of the recipe; entries for other roles are left out.

    Raises:
        UserError: For an unknown set, or an address that is missing or not wanted.
    """
    name, _, address = name.partition("@")
    sets = model_sets()
    if name not in sets:
        near = difflib.get_close_matches(name, sets, n=1, cutoff=0.4)
        raise UserError(
            f"there is no set of models {name!r}",
            why=f"the sets are {', '.join(sets)}",
            fix=f"did you mean {near[0]}?" if near else "`dramaturg models` lists them",
        )
    entries = sets[name].roles
    wanted = any(_ADDRESS in entry.ref for entry in entries.values())
    if wanted != bool(address):
        raise UserError(
            f"the set {name!r} needs the address of its server"
            if wanted
            else f"the set {name!r} takes no address",
            fix=f"--models-from {name}" + ("@http://127.0.0.1:8000/v1" if wanted else ""),
        )
    named = {item.partition("=")[0] for item in given if ":" not in item.partition("=")[0]}
    bare = any(item.partition("=")[0] not in roles for item in given)
    made = []
    for role, entry in entries.items():
        ref = entry.ref.replace(_ADDRESS, address)
        if role == "chat" and not bare:
            made.append(ref)
        elif role in roles and role not in named:
            made.append(f"{role}={ref}")
    return (*made, *given)


def _read(text: str) -> dict[str, ModelSet]:
    table = tomllib.loads(text)
    unknown = sorted(set(table) - {"as_of", "sets"})
    if unknown:
        raise msgspec.ValidationError(f"{unknown} is not known: it holds as_of, and sets.NAME")
    as_of = str(table.get("as_of", "no date"))
    sets = msgspec.convert(table.get("sets", {}), dict[str, dict[str, Entry | str]])
    found: dict[str, ModelSet] = {}
    for name, fields in sets.items():
        entries = {role: one for role, one in fields.items() if isinstance(one, Entry)}
        strange = [role for role, one in fields.items() if isinstance(one, str) and role != "about"]
        if strange or not entries:
            raise msgspec.ValidationError(f"set {name!r}: {strange or 'no model'}")
        found[name] = ModelSet(str(fields.get("about", "")), entries, as_of)
    return found
