"""An evaluation or a comparison as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dramaturg.cli.render import plain

if TYPE_CHECKING:
    from dramaturg.evaluate import Difference, Figure
    from dramaturg.runner.evaluating import Evaluation


def evaluation(found: Evaluation) -> str:
    """Every figure with its interval; with a reference both sides and the difference."""
    from dramaturg.evaluate import GROUPS, title

    report = found.report
    counts = report["conversations"]
    lines = [f"{plain(found.source)}: {counts[0]:,} conversations"]
    if found.against:
        lines[0] += f", beside {plain(found.against)}: {counts[1]:,}"
    lines += [f"note: {plain(note)}" for note in found.notes]
    theirs = {figure.name: figure for figure in found.reference}
    apart = {difference.name: difference for difference in found.differences}
    for group, name in GROUPS.items():
        rows = [figure for figure in found.figures if figure.group == group]
        if not rows:
            continue
        lines += ["", name]
        for row in rows:
            line = f"  {title(row.name)[:46]:<46} {_value(row):<26}"
            if row.value is None:
                lines.append(f"  {title(row.name)[:46]:<46} - ({row.why})")
                continue
            if row.name in theirs:
                line += f" {_value(theirs[row.name]):<26} {_apart(apart.get(row.name))}"
            elif not theirs:
                line += f" n {row.n:,} {row.of}"
            lines.append(line.rstrip())
    if found.path:
        lines += ["", f"Pictures and evidence: {found.path / 'report.html'}"]
    return "\n".join(lines)


def _value(row: Figure) -> str:
    from dramaturg.dataset.page import number

    text = number(row.value)
    return f"{text} [{number(row.low)}, {number(row.high)}]" if row.low is not None else text


def _apart(row: Difference | None) -> str:
    from dramaturg.dataset.page import number

    if row is None or row.value is None:
        return ""
    text = f"{'+' if row.value > 0 else ''}{number(row.value)}"
    if row.low is None:
        return text
    return f"{text} [{number(row.low)}, {number(row.high)}]{' *' if row.clear else ''}"
