"""Templates: one environment, autoescape always on."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from dramaturg.viewer.shown import LONGEST, plain, short, shown

_environment: Environment | None = None


def environment() -> Environment:
    """The one environment; templates lie in viewer/templates."""
    global _environment
    if _environment is None:
        made = Environment(
            loader=PackageLoader("dramaturg.viewer"),
            autoescape=True,
            auto_reload=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.filters |= {"shown": shown, "short": short, "plain": plain, "part": part, "path": path}
        made.filters |= {"figure": figure, "decimal": decimal}
        made.globals |= {"LONGEST": LONGEST}
        _environment = made
    return _environment


def render(name: str, /, **values: Any) -> str:
    """A template as text."""
    return environment().get_template(name).render(**values)


def page(name: str, /, *, status: int = 200, **values: Any) -> web.Response:
    """A template as an answer."""
    body = render(name, **values).encode("utf-8", "replace")
    return web.Response(body=body, status=status, content_type="text/html", charset="utf-8")


def part(text: object) -> str:
    """A text as one part of a path or a value of a query."""
    return quote(str(text), safe="", errors="replace")


def path(text: object) -> str:
    """A text as the end of a path: its slashes stay.

    >>> path("pictures/50 %?.svg")
    'pictures/50%20%25%3F.svg'
    """
    return quote(str(text), safe="/", errors="replace")


def decimal(value: float | None, digits: int = 3) -> str:
    """A number with a fixed count of decimals, for columns.

    >>> decimal(1), decimal(2.5, 2), decimal(None)
    ('1.000', '2.50', '–')
    """
    return "–" if value is None else f"{value:,.{digits}f}"


def figure(value: Any, digits: int = 3) -> str:
    """A number for reading; "–" where there is none.

    >>> figure(1234), figure(0.5), figure(None)
    ('1,234', '0.500', '–')
    """
    if value is None:
        return "–"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.{digits}f}"
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)
