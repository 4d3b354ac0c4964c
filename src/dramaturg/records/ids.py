"""Content hashes: the same content has the same id on every machine and in every run."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec


def canonical_json(value: Any) -> bytes:
    """The one way to write a value as JSON: sorted keys, no spaces, UTF-8.

    Args:
        value: Anything that `msgspec.to_builtins` can turn into JSON types.

    >>> canonical_json({"b": 1, "a": ["ä"]})
    b'{"a":["\\xc3\\xa4"],"b":1}'
    """
    plain = msgspec.to_builtins(value)
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def content_id(prefix: str, value: Any) -> str:
    """A short stable id: `prefix`, a dash, and 16 hex digits of a BLAKE2b hash of `value`."""
    digest = hashlib.blake2b(canonical_json(value), digest_size=8).hexdigest()
    return f"{prefix}-{digest}"


def derive_seed(*parts: Any) -> int:
    """A seed in [0, 2**63) that depends on every part and on nothing else.

    Work that runs concurrently takes its seed from what it is (run seed, round, pair, draft),
    never from when it runs, so that the same run gives the same bytes in any order.
    """
    digest = hashlib.blake2b(canonical_json(list(parts)), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
