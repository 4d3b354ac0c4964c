"""An evaluation or a comparison as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dramaturg.cli.render import plain

if TYPE_CHECKING:
    from dramaturg.evaluate import Difference, Estimate, Figure
    from dramaturg.runner.comparing import ComparisonReport
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


def comparison(found: ComparisonReport) -> str:
    """Each judge's verdict with its interval and position bias, then the classifier's."""
    how = "of the same people" if found.same_people else "drawn at random"
    lines = [f"A = {plain(found.a)}, B = {plain(found.b)}: {found.pairs:,} pairs {how}"]
    lines += [f"note: {plain(note)}" for note in found.notes]
    for result, counts in zip(found.results, found.counts, strict=True):
        what = "more human-like" if result.policy == "human" else f"better by {result.policy}"
        lines += ["", f"{what}, judge {plain(result.model)} ({result.version})"]
        if not counts:
            lines.append("  not counted: the judge did not pass its exam")
        for name, share in (
            ("A", result.first_wins),
            ("B", result.second_wins),
            ("tie", result.ties),
        ):
            lines.append(f"  {name:<4} {_percent(share)}")
        lines.append(f"  A over B, ties as halves: {_percent(result.preference)}")
        if result.shown_first.value is not None:
            lines.append(
                f"  position: {_percent(result.shown_first)} of votes for what stood first (50 % = "
                f"no bias); both orders agree in {_percent(result.consistent)}"
            )
        if result.no_vote:
            lines.append(f"  {result.no_vote} replies were no vote")
        if result.not_judged:
            why = ", ".join(f"{kind} {n}" for kind, n in result.lost.items())
            lines.append(f"  {result.not_judged} pairs could not be judged ({plain(why)})")
        if result.cost.calls:
            lines.append(
                f"  {result.cost.calls:,} calls, {result.cost.tokens_in:,} tokens in, "
                f"{result.cost.tokens_out:,} out, ${result.cost.usd:.2f}"
            )
    for policy, agreed in found.agreement.items():
        value = agreed["value"]
        shown = f"{value:.2f}" if value is not None else f"- ({agreed['why']})"
        lines += ["", f"judges agree on {policy}: {agreed['measure']} {shown}"]
    if found.detector:
        told = found.detector
        lines += [
            "",
            "a classifier trained in folds on the other pairs finds A out in "
            f"{100 * told['found_out']:.1f} % of {told['n']} pairs "
            f"[{100 * told['low']:.1f}, {100 * told['high']:.1f}]; "
            f"length alone tells {100 * told['told_right_by_length']:.1f} % of talks",
        ]
    if found.path:
        lines += [
            "",
            f"Every vote with its reason: {found.path / 'comparisons.jsonl'}",
            f"Pictures and pairs to read: {found.path / 'report.html'}",
        ]
    return "\n".join(lines)


def _percent(share: Estimate) -> str:
    if share.value is None or share.low is None or share.high is None:
        return "-"
    return (
        f"{100 * share.value:.1f} % [{100 * share.low:.1f}, {100 * share.high:.1f}] "
        f"of {share.n:,} {share.unit}"
    )
