"""What can go wrong at an endpoint, in words: what happened, why, what to do."""

from __future__ import annotations

import re
import socket
from collections.abc import Collection
from typing import Any

import aiohttp
import msgspec

from dramaturg.errors import BackendError
from dramaturg.models.secrets import without_keys

PRESSURE = frozenset({408, 425, 429, 503, 529})
RETRYABLE = PRESSURE | {500, 502, 504, 520, 522, 524}

_UNSUPPORTED = re.compile(
    r"unsupported|not support|unrecognized|unknown|unexpected|not permitted|not allowed"
    r"|extra (inputs|fields)|additional propert|invalid schema|incompatible|no longer",
    re.IGNORECASE,
)
_TOO_LONG = re.compile(
    r"context.{0,3}(length|window|size)|too many tokens|prompt is too long|n_ctx", re.IGNORECASE
)


class Where:
    """An endpoint's name for messages, and the secrets that must not stand in one."""

    def __init__(self, ref: str, base_url: str, key_name: str, secrets: Collection[str]) -> None:
        self.ref, self.key_name = ref, key_name
        self.address = re.sub(r"//[^/@]*@", "//", base_url)
        self._secrets = [s for s in secrets if s]

    def clean(self, text: str, limit: int = 300) -> str:
        """Text of a server, on one line, short, and without anything that looks like a key."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = " ".join(without_keys(text).split())
        return text if len(text) <= limit else text[:limit] + " ..."


class Problem(msgspec.Struct):
    """What an error body says: its words, and the parameter and code where it names them."""

    message: str
    param: str = ""
    code: str = ""

    @property
    def too_long(self) -> bool:
        """Whether the prompt does not fit into the model's context."""
        return self.code == "context_length_exceeded" or bool(_TOO_LONG.search(self.message))

    def rejected(self, sent: Collection[str]) -> str:
        """The optional parameter that the server does not take, "" if it is about none."""
        if self.too_long or not _UNSUPPORTED.search(self.code + " " + self.message):
            return ""
        if self.param.partition(".")[0] in sent:
            return self.param.partition(".")[0]
        named = [name for name in sent if re.search(rf"\b{name}\b", self.message)]
        return min(named, key=self.message.index) if named else ""


def read_problem(body: bytes) -> Problem:
    """The problem that an error body tells of, in any of the usual forms."""
    text = body.decode("utf-8", "replace")
    try:
        found: Any = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Problem("" if is_html(body) else text)
    error = found.get("error", found) if isinstance(found, dict) else found
    if isinstance(error, dict):
        message = error.get("message") or error.get("detail") or text
        param, code = error.get("param") or "", error.get("code") or error.get("type") or ""
        return Problem(str(message), str(param), str(code))
    return Problem(str(error))


def is_html(body: bytes) -> bool:
    """Whether a body is a web page."""
    head = body[:200].lstrip().lower()
    return head.startswith((b"<!doctype html", b"<html", b"<head", b"<?xml"))


def not_an_endpoint(where: Where, status: int) -> BackendError:
    return BackendError(
        f"{where.address} is not an OpenAI-compatible endpoint",
        why=f"it answered with a web page (HTTP {status})",
        fix="give the address of the API; it mostly ends in /v1",
        kind="not an endpoint",
    )


def status_error(where: Where, status: int, problem: Problem, location: str = "") -> BackendError:
    """The error that an HTTP status other than 200 stands for."""
    says = where.clean(problem.message) or "nothing"
    said = f"HTTP {status}; the server says: {says}"
    if status in (401, 403):
        return BackendError(
            f"{where.address} refuses the key",
            why=said,
            fix=f"set the environment variable {where.key_name} to a key that this endpoint takes",
            kind="auth",
        )
    if status == 429 and (problem.code == "insufficient_quota" or "billing" in problem.message):
        return BackendError(
            f"the account at {where.address} has no credit left",
            why=said,
            fix="add credit, then run the same command again: it resumes",
            kind="quota",
        )
    if 300 <= status < 400:
        return BackendError(
            f"{where.address} sends us elsewhere",
            why=f"HTTP {status} to {where.clean(location) or 'no address'}",
            fix="give that address as the base URL if you trust it",
            kind="redirect",
        )
    if status in (400, 413, 422) and problem.too_long:
        return BackendError(
            f"the prompt is too long for {where.ref}",
            why=said,
            fix="take a model with a longer context, or make personas, examples or max_tokens less",
            kind="context length",
        )
    if status == 404:
        return BackendError(
            f"{where.address} does not know this path or model",
            why=said,
            fix="check the base URL (it mostly ends in /v1) and the model's name",
            kind="not found",
        )
    if status == 429:
        return BackendError(
            f"{where.address} still refuses: too many requests",
            why=said,
            fix="lower --in-flight or give --rpm, then run the same command again: it resumes",
            retryable=True,
            kind="rate limit",
        )
    if status in RETRYABLE or status >= 500:
        return BackendError(
            f"{where.address} failed on its side",
            why=said,
            fix="look at the server's log; the same command again resumes",
            retryable=True,
            kind="server",
        )
    return BackendError(
        f"{where.address} refuses the request", why=said, fix="see its words", kind="request"
    )


def connection_error(where: Where, error: BaseException) -> BackendError:
    """The error that a failure to connect stands for."""
    cause = getattr(error, "os_error", None) or error.__cause__ or error
    if isinstance(error, aiohttp.ClientSSLError | aiohttp.ClientConnectorCertificateError):
        return BackendError(
            f"no secure connection to {where.address}",
            why=where.clean(str(error)),
            fix="check https:// or http:// in the base URL, and the server's certificate",
            kind="connection",
        )
    if isinstance(cause, socket.gaierror) or "DNS" in type(error).__name__:
        return BackendError(
            f"no machine of that name: {where.address}",
            why=where.clean(str(error)),
            fix="check the spelling of the base URL and the network",
            retryable=True,
            kind="connection",
        )
    return BackendError(
        f"cannot connect to {where.address}",
        why=where.clean(str(error)) or type(error).__name__,
        fix="is the server running? start it, or correct the base URL",
        retryable=True,
        kind="connection",
    )


def broken_error(where: Where, why: str) -> BackendError:
    """A reply that ended early or cannot be read."""
    return BackendError(
        f"{where.address} sent a broken reply",
        why=where.clean(why),
        fix="look at the server's log; the same command again resumes",
        retryable=True,
        kind="broken reply",
    )


def timeout_error(where: Where, seconds: float, longest: float) -> BackendError:
    """No reply in time."""
    return BackendError(
        f"{where.address} did not answer within {seconds:.3g} s",
        why="the server hangs or is slower than expected",
        fix=f"check the server, or wait longer than --timeout {longest:.3g}",
        retryable=True,
        kind="timeout",
    )
