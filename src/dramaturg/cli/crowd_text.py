"""Steps over very many people as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dramaturg.cli.render import plain

if TYPE_CHECKING:
    from dramaturg.crowd import Made


def made(found: Made, noun: str) -> str:
    """What was written, what was left out, and the figures."""
    lines = [f"{found.kept:,} {noun} of {found.read:,} rows: {found.out}"]
    if found.dropped:
        told = ", ".join(f"{why} {n:,}" for why, n in found.dropped.most_common())
        lines.append(f"left out: {told}")
        if found.left_out:
            lines.append(f"each with its reason: {found.left_out}")
    lines += _figures(found.figures)
    lines += [f"note: {note}" for note in found.notes]
    return plain("\n".join(lines))


def _figures(figures: dict[str, Any]) -> list[str]:
    lines = []
    for name, value in figures.items():
        if name == "marginals":
            for variable, shares in value.items():
                lines.append(f"{variable}:")
                lines += [
                    f"  {category:<24} target {100 * s['target']:5.1f} %  before "
                    f"{100 * s['before']:5.1f} %  after {100 * s['after']:5.1f} %  n {s['n']:,}"
                    for category, s in shares.items()
                ]
        else:
            lines.append(f"{name.replace('_', ' ')}: {_value(value)}")
    return lines


def stats(found: dict[str, Any]) -> str:
    """What a crowd covers, a figure a line with its n."""
    lines = []
    for name, figure in found.items():
        if name == "target":
            for variable, beside in figure.items():
                away = beside["distance"]
                lines.append(
                    f"{variable}: {'-' if away is None else f'{100 * away:.1f} %'} away from the "
                    f"target; not known {beside['not_known']:,}, not in the target "
                    f"{beside['not_in_the_target']:,}  (n {beside['n']:,})"
                )
                lines += [
                    f"  {category:<24} target {100 * s['target']:5.1f} %  here "
                    f"{100 * s['here']:5.1f} %  n {s['n']:,}"
                    for category, s in beside["shares"].items()
                ]
            continue
        told = ", ".join(
            f"{key.replace('_', ' ')} {_value(value)}" if key != "value" else _value(value)
            for key, value in figure.items()
            if key != "n" and value != {}
        )
        lines.append(f"{name.replace('_', ' ')}: {told}  (n {figure['n']:,})")
    return plain("\n".join(lines))


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key} {_value(held)}" for key, held in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)
