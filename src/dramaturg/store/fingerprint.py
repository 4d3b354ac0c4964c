"""What makes two runs the same: a hash over everything that can change a row, nothing else."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from dramaturg.records import canonical_json

LEFT_OUT: dict[str, str] = {
    "out": "where the rows are written does not change them",
    "personas.path": "the file's contents count (personas.hash), not where it lies",
    "settings.personas": "a path again: personas.hash counts",
    "models_given": "how the models were written on the command line; `models` says what they are",
    "budget": "a limit decides when a run stops, and may be raised to go on",
    "max_cost": "a limit, as budget",
    "max_calls": "a limit, as budget",
    "max_tokens": "a limit on the whole run; a reply's own limit is part of its settings",
    "engine": "concurrency, time-outs, retries, rate limits: how fast calls are made, not which",
    "concurrency": "seeds come from what an item is, not from when it runs",
    "display": "how progress is shown",
    "verbose": "how much is shown",
    "quiet": "how much is shown",
    "json": "how results are printed",
    "estimate": "an estimate makes no rows",
    "command": "the words typed; what they mean is in the other arguments",
}
"""What does not count, by dotted name (everything below the name too), each with its reason."""

_SECRET = re.compile(r"(?i)(api[_-]?key|secret|password|passwd|authorization|(^|_)token$)")


def fingerprint(arguments: Mapping[str, Any]) -> str:
    """32 hex digits over the arguments that count.

    Args:
        arguments: JSON values by name, nested as the caller likes: recipe, settings, models by
            role, seed, prompt hashes, `personas` = {path, hash}, data version.
    """
    counted = {name: value for name, value in _flat(arguments) if not _left_out(name)}
    return hashlib.blake2b(canonical_json(counted), digest_size=16).hexdigest()


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Each argument that counts and differs, in words, by name.

    >>> differences({"seed": 13, "out": "a"}, {"seed": 14, "out": "b"})
    ['seed: 13 before, 14 now']
    """
    before, now = dict(_flat(old)), dict(_flat(new))
    told = []
    for name in sorted(before.keys() | now.keys()):
        was, is_ = before.get(name, _ABSENT), now.get(name, _ABSENT)
        if not _left_out(name) and _key(was) != _key(is_):
            told.append(f"{name}: {_tell(was)} before, {_tell(is_)} now")
    return told


def without_secrets(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as JSON values, less every key, token and password: safe to write down."""
    plain = msgspec.to_builtins(dict(arguments), enc_hook=str, str_keys=True)
    return {k: _cleaned(v) for k, v in plain.items() if not _SECRET.search(k)}


class _Absent:
    """Stands for an argument that is not there (None is a value)."""


_ABSENT = _Absent()


def _key(value: Any) -> bytes | None:
    return None if value is _ABSENT else canonical_json(value)


def _tell(value: Any) -> str:
    if value is _ABSENT:
        return "not given"
    text = canonical_json(value).decode("utf-8", "replace")
    return text if len(text) <= 80 else text[:77] + "..."


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _cleaned(v) for k, v in value.items() if not _SECRET.search(k)}
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    return value


def _flat(arguments: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    plain = without_secrets(arguments) if not prefix else arguments
    for name, value in plain.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _left_out(name: str) -> bool:
    return any(name == entry or name.startswith(entry + ".") for entry in LEFT_OUT)
