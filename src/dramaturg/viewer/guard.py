"""Who may ask the local server, and for what.

A page of a stranger, open in the same browser, must not read a dataset: not by DNS rebinding (the
Host header is checked), not by a form or script of its own (writes need our own origin), not by
being framed. A text of the dataset must not act either: the content security policy allows no
inline script or style, whatever a template might let through.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import ipaddress
import secrets
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ANY = frozenset({"0.0.0.0", "::", ""})
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Guard:
    """What the server lets through; make one with `Guard.of`.

    Attributes:
        host: The address that the server is bound to.
        token: Must be shown once (`?token=`), then a cookie remembers it; None = no token.
        writes: Whether anything but GET and HEAD is answered at all.
    """

    host: str = "127.0.0.1"
    token: str | None = field(default=None, repr=False)
    writes: bool = False

    @classmethod
    def of(cls, host: str, *, writes: bool = False) -> Guard:
        """The guard for a host: no token on this machine alone, a random one elsewhere."""
        token = None if host in _LOOPBACK else secrets.token_urlsafe(16)
        return cls(host=host, token=token, writes=writes)

    @property
    def cookie(self) -> str:
        """The cookie's name: two servers on one machine do not overwrite each other's."""
        return "dramaturg-" + hashlib.sha256((self.token or "").encode()).hexdigest()[:8]

    def knows_host(self, header: str) -> bool:
        """Whether a Host header names this server.

        An address may be typed in numbers, which no DNS answer can turn against us; a name must
        be one of our own.
        """
        try:
            name = (urlsplit(f"//{header}").hostname or "").rstrip(".")
        except ValueError:
            return False
        if name in _LOOPBACK or name == self.host.lower():
            return True
        if self.host not in _ANY:
            return False
        if name in own_names():
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def knows_origin(self, request: web.Request) -> bool:
        """Whether a write comes from a page of ours."""
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None and site != "same-origin":
            return False
        origin = request.headers.get("Origin")
        if origin is None:
            return site == "same-origin"
        return urlsplit(origin).netloc == request.headers.get("Host", "")

    def is_token(self, shown: str | None) -> bool:
        """Whether this is the token; compared in constant time."""
        if self.token is None or shown is None:
            return self.token is None
        return hmac.compare_digest(shown.encode("utf-8", "replace"), self.token.encode())


def middleware(guard: Guard) -> Middleware:
    """The guard as the outermost middleware of an application."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not guard.knows_host(request.headers.get("Host", "")):
            raise web.HTTPMisdirectedRequest(
                text="This server answers only to the address that it printed when it started."
            )
        if not guard.is_token(request.cookies.get(guard.cookie)):
            return _let_in(guard, request)
        if guard.token is not None and "token" in request.query and request.method in _SAFE:
            raise web.HTTPSeeOther(location=_without_token(request))
        if request.method not in _SAFE and not guard.writes:
            raise web.HTTPMethodNotAllowed(request.method, sorted(_SAFE))
        if request.method not in _SAFE and not guard.knows_origin(request):
            raise web.HTTPForbidden(text="Only a page of this server may write.")
        return await handler(request)

    return check


def _let_in(guard: Guard, request: web.Request) -> web.StreamResponse:
    """Take the token off the address and remember it, or refuse."""
    if request.method not in _SAFE or not guard.is_token(request.query.get("token")):
        raise web.HTTPUnauthorized(
            text="Open the whole address that was printed when the server started: it ends "
            "with ?token=..."
        )
    answer = web.HTTPSeeOther(location=_without_token(request))
    # Lax: a link in a mail comes from another site, and its first page must see the cookie; what
    # writes must come from a page of ours anyhow, and what reads changes nothing.
    answer.set_cookie(guard.cookie, guard.token or "", httponly=True, samesite="Lax", path="/")
    raise answer


def _without_token(request: web.Request) -> str:
    """The same address without it, and never one on another host ("//host")."""
    return "/" + str(request.rel_url.without_query_params("token")).lstrip("/\\")


@functools.cache
def own_names() -> tuple[str, ...]:
    """The names of this machine that a server on any address answers to, in small letters."""
    short, full = socket.gethostname().lower(), socket.getfqdn().lower().rstrip(".")
    names = (full, short, f"{short.partition('.')[0]}.local")
    return tuple(dict.fromkeys(name for name in names if name and name not in _LOOPBACK))


def other_addresses(url: str) -> list[str]:
    """What others on the network can open in place of the address of a server on any address.

    Args:
        url: As `serve` gave it; of a server on one address it is the only one, and the list empty.
    """
    parts = urlsplit(url)
    if parts.hostname not in _LOOPBACK or not parts.query:
        return []
    names = [*own_names(), *_numbers()]
    return [urlunsplit(parts._replace(netloc=f"{name}:{parts.port}")) for name in names]


def _numbers() -> list[str]:
    """The address of this machine in its network, as far as it has one; nothing is sent."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # a documentation address
        return [str(probe.getsockname()[0])]
    return []


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Every answer, errors too, carries the headers; a handler may tighten the policy."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.pop("Server", None)
