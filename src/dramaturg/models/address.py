"""Where an endpoint is and how we show who we are, checked before the first call."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from dramaturg.errors import UserError


def check_url(base_url: str) -> str:
    """The machine that the address names. Raises UserError."""
    try:
        parts = urlsplit(base_url)
        host = parts.hostname
    except ValueError:
        parts, host = None, None
    if parts is None or parts.scheme not in ("http", "https") or not host:
        shown = re.sub(r"//[^/@]*@", "//", base_url)
        raise UserError(
            f"{shown!r} is no address of an endpoint",
            why="it must begin with http:// or https:// and name a machine",
            fix="write e.g. http://localhost:8000/v1",
        )
    return host


def check_key(api_key: str | None, key_name: str) -> str:
    """The key without the space around it, "" for none. Raises UserError, never showing it."""
    key = (api_key or "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UserError(
            f"the key in {key_name} cannot be one",
            why="it holds a space, a line break or a character that is not ASCII",
            fix=f"set {key_name} to the key alone",
        )
    return key


def is_ours(host: str) -> bool:
    """Whether it is this machine or one of a private network, where calls cost no money."""
    if host == "localhost" or host.endswith(".local"):
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False
