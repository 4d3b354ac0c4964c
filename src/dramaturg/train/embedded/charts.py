"""The curve of a training run while it runs, one line for the terminal, and the last report."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dramaturg.train.embedded.pace import Pace

WIDTH, HEIGHT, EDGE = 760, 320, 48
COLOURS = ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951")

Point = tuple[float, float]


def read_log(run_dir: Path) -> list[dict[str, Any]]:
    """The lines of `log.jsonl`; a last line that was cut off is left out."""
    out = []
    for line in (run_dir / "log.jsonl").read_text(encoding="utf-8").splitlines():
        try:
            out.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return out


def told(line: dict[str, Any], steps: int) -> str:
    """A line of the log for the terminal."""
    text = (
        f"step {line['step']:,} of {steps:,}  {line['tokens'] / 1e6:.1f}M tokens  "
        f"loss {line['loss']:.3f}  {line['tokens_per_s']:,} tokens/s, "
        f"{100 * line['of_peak']:.0f} % of peak"
    )
    held = [f"{name} {value:.3f}" for name, value in line.items() if "valid" in name]
    return text + ("  held out: " + ", ".join(held) if held else "")


def write_curve(run_dir: Path, *, steps: int) -> None:
    """Write `curve.html`: losses against tokens; an open page looks again every ten seconds."""
    log = read_log(run_dir)
    held = sorted({name for line in log for name in line if "valid" in name})
    series = {
        name: [(line["tokens"] / 1e6, line[name]) for line in log if _known(line, name)]
        for name in ("loss", *held)
    }
    running = not log or log[-1]["step"] < steps
    rows = "".join(
        f"<tr><td>{html.escape(name)}</td><td>{points[-1][1]:.4f}</td>"
        f"<td>{math.exp(points[-1][1]):.2f}</td></tr>"
        for name, points in series.items()
        if points
    )
    last = html.escape(told(log[-1], steps)) if log else "nothing yet"
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        + ('<meta http-equiv="refresh" content="10">' if running else "")
        + "<title>Training</title><style>body{font:15px sans-serif;margin:2rem;max-width:50rem}"
        "td,th{padding:.1rem .8rem;text-align:right}td:first-child{text-align:left}</style>"
        f"<h1>Training {'runs' if running else 'is done'}</h1><p>{last}</p>"
        + drawn(series)
        + "<table><tr><th>last value</th><th>nats a token</th><th>perplexity</th></tr>"
        + rows
        + "</table></html>\n"
    )
    (run_dir / "curve.html").write_text(page, encoding="utf-8")


def drawn(series: dict[str, list[Point]]) -> str:
    """The series as one SVG: millions of tokens to the right, nats a token upwards."""
    points = [point for line in series.values() for point in line]
    if not points:
        return ""
    right = max(x for x, _ in points) or 1.0
    low, high = min(y for _, y in points), max(y for _, y in points)
    span = (high - low) or 1.0

    def at(x: float, y: float) -> str:
        across = EDGE + (WIDTH - 2 * EDGE) * x / right
        return f"{across:.1f},{HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (y - low) / span:.1f}"

    parts = [
        f'<path d="M{EDGE},{EDGE}V{HEIGHT - EDGE}H{WIDTH - EDGE}" fill="none" stroke="#999"/>',
        f'<text x="{WIDTH - EDGE}" y="{HEIGHT - 16}" text-anchor="end">{right:.1f}M tokens</text>',
        f'<text x="4" y="{EDGE}">{high:.2f}</text><text x="4" y="{HEIGHT - EDGE}">{low:.2f}</text>',
    ]
    for number, (name, line) in enumerate((n, p) for n, p in series.items() if p):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(at(x, y) for x, y in line)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
            f'<text x="{WIDTH - EDGE - 150}" y="{EDGE + 18 * number}" fill="{colour}">'
            f"{html.escape(name)}</text>"
        )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" font-size="13" role="img" '
        f'aria-label="losses of the run">{"".join(parts)}</svg>'
    )


def write_report(
    run_dir: Path, settings: dict[str, Any], sizes: dict[str, Any], pace: Pace
) -> dict[str, Any]:
    """Write `report.json`: what was trained, how far, how fast, and the last held-out losses."""
    log = read_log(run_dir)
    held: dict[str, Any] = {}
    for line in log:
        held |= {name: value for name, value in line.items() if "valid" in name}
    last: dict[str, Any] = log[-1] if log else {}
    report = {
        "settings": settings,
        "sizes": sizes,
        "steps": last.get("step", 0),
        "tokens": last.get("tokens", 0),
        "seconds": last.get("seconds", 0),
        "tokens_per_s_median": _median([line.get("tokens_per_s", 0) for line in log]),
        "of_peak_median": _median([line.get("of_peak", 0) for line in log]),
        "peak_flops": pace.peak,
        "peak_of": pace.peak_of,
        "held_out_nats": held,
        "held_out_n": settings["held_out"],
    }
    text = json.dumps(report, indent=2) + "\n"
    (run_dir / "report.json").write_text(text, encoding="utf-8")
    return report


def _known(line: dict[str, Any], name: str) -> bool:
    return name in line and math.isfinite(line[name])


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
