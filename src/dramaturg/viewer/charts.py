"""Small pictures as SVG: drawn by attributes and classes, since no inline style is allowed."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from dramaturg.viewer.pages import figure
from dramaturg.viewer.shown import plain, short

Values = Sequence[tuple[str, float]]


def bars(values: Values, *, label: str, whole: bool = True, width: int = 560) -> Markup:
    """Horizontal bars with names and numbers; the longest fills the width.

    Args:
        label: What is shown, for those who do not see it.
    """
    if not values:
        return Markup("")
    left, row = 210, 26
    most = max(max(value for _, value in values), 1e-12)
    parts = []
    for i, (name, value) in enumerate(values):
        long = max(1.5, (width - left - 70) * value / most) if value > 0 else 0
        parts.append(
            Markup(
                '<text class="name" x="{x}" y="{y}" text-anchor="end">{name}</text>'
                '<rect class="bar" x="{left}" y="{top}" width="{long:.1f}" height="14" rx="2"/>'
                '<text class="value" x="{end:.1f}" y="{y}">{value}</text>'
            ).format(
                x=left - 10,
                y=row * i + 17,
                name=plain(short(name, 32)),
                left=left,
                top=row * i + 6,
                long=long,
                end=left + long + 7,
                value=figure(value, 0 if whole else 3),
            )
        )
    told = f"{label}: " + ", ".join(f"{name} {figure(value)}" for name, value in values)
    return _svg(width, row * len(values) + 6, told, parts)


def line(values: Values, *, label: str, width: int = 260, height: int = 110) -> Markup:
    """A line over few points (rounds), each with its number; the axis begins at zero."""
    if not values:
        return Markup("")
    most = max(max(value for _, value in values), 1e-12)
    step = (width - 60) / max(1, len(values) - 1)
    points = [
        (30 + step * i if len(values) > 1 else width / 2, height - 26 - (height - 52) * v / most)
        for i, (_, v) in enumerate(values)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts = [
        Markup('<line class="axis" x1="20" y1="{y}" x2="{x}" y2="{y}"/>').format(
            y=height - 26, x=width - 20
        ),
        Markup('<polyline class="line" points="{}"/>').format(path),
    ]
    for (name, value), (x, y) in zip(values, points, strict=True):
        parts.append(
            Markup(
                '<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
                '<text class="value" x="{x:.1f}" y="{above:.1f}" text-anchor="middle">{v}</text>'
                '<text class="name" x="{x:.1f}" y="{below}" text-anchor="middle">{n}</text>'
            ).format(x=x, y=y, above=y - 9, below=height - 9, v=figure(float(value)), n=name)
        )
    told = f"{label}: " + ", ".join(f"{name} {figure(value)}" for name, value in values)
    return _svg(width, height, told, parts)


def columns(values: Values, *, label: str, width: int = 260, height: int = 90) -> Markup:
    """A histogram: one column a value, names of the first and the last below."""
    if not values:
        return Markup("")
    most = max(max(value for _, value in values), 1e-12)
    step = width / len(values)
    parts = [
        Markup('<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
            step * i + 0.5,
            height - 18 - (height - 22) * v / most,
            max(1.0, step - 1),
            (height - 22) * v / most,
        )
        for i, (_, v) in enumerate(values)
    ]
    parts += [
        Markup(
            '<text class="name" x="0" y="{y}">{first}</text>'
            '<text class="name" x="{x}" y="{y}" text-anchor="end">{last}</text>'
        ).format(y=height - 3, x=width, first=values[0][0], last=values[-1][0])
    ]
    told = f"{label}: " + ", ".join(f"{name}: {figure(value)}" for name, value in values)
    return _svg(width, height, told, parts)


def share(done: float, total: float, *, label: str) -> Markup:
    """How far something is, as a bar."""
    part = 0.0 if total <= 0 else min(1.0, done / total)
    parts = [
        Markup('<rect class="track" width="400" height="8" rx="4"/>'),
        Markup('<rect class="bar" width="{:.1f}" height="8" rx="4"/>').format(400 * part),
    ]
    return _svg(400, 8, label, parts)


def _svg(width: float, height: float, told: str, parts: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg class="chart" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}">{}</svg>'
    ).format(plain(told), f"{width:g}", f"{height:g}", f"{width:g}", Markup("").join(parts))
