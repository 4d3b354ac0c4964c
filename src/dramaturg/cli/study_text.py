"""A study as text for a terminal. No logic: what is shown was computed elsewhere."""

from __future__ import annotations

from typing import Any

import click

from dramaturg.cli.render import plain
from dramaturg.errors import UserError
from dramaturg.study import TWO_SIDED, Study, TakenIn


def parts(share: str | None) -> tuple[int, int]:
    """ "2/5" as (2, 5).

    Raises:
        UserError: If it is no such share.
    """
    if share is None:
        return 1, 1
    one, _, many = share.partition("/")
    if one.isdecimal() and many.isdecimal() and 1 <= int(one) <= int(many):
        return int(one), int(many)
    raise UserError(f"{share!r} is no share", fix="write I/M, e.g. 2/5 for the second of five")


def say_ready(study: Study, url: str) -> None:
    """Where annotators go, and how to go on."""
    click.echo(f"{_size(study)}\nOpen {url} and enter a name; Ctrl-C stops, nothing is lost.")
    if "token=" in url:
        from dramaturg.viewer import other_addresses

        click.echo("Give annotators a whole address:")
        for other in other_addresses(url) or [url]:
            click.echo(f"  {other}")
    click.echo(f"Go on later: dramaturg annotate {study.path}")
    click.echo(f"Figures:     dramaturg annotate --report {study.path}")


def page_written(study: Study, file: str, items: int) -> str:
    """Where the page is, and what to do with it."""
    return (
        f"{_size(study)}\n{items} of them in {file}: send it to your annotators; it needs no "
        f"network.\nTake in what they send back: dramaturg annotate {study.path} --import FILE.json"
    )


def taken(file: str, found: TakenIn) -> str:
    """What a file brought."""
    lines = [f"{file}: {found.answers} answers of {plain(found.annotator)}"]
    lines += [f"  not used: {plain(drop.reason)}" for drop in found.drops[:20]]
    if len(found.drops) > 20:
        lines.append(f"  and {len(found.drops) - 20} more")
    return "\n".join(lines)


def report(found: dict[str, Any]) -> str:
    """The whole report."""
    cover = found["coverage"]
    two = found["task"] in TWO_SIDED
    lines = [
        f"{found['task']}: {found['data']}"
        + (f" against {found['against']}" if found["against"] else ""),
        f"{cover['answers']} answers to {cover['answered']} of {cover['items']} items; "
        f"{cover['answered_by_enough']} have {found['per_item']} or more. Intervals: 95 %.",
        "",
        f"{'annotator':<24} {'items':>6} {'checks passed':>14} {'seconds (median)':>17}"
        + (f" {'chose the first':>16}" if two else ""),
    ]
    for person in found["annotators"]:
        mark = " failed" if person["failed"] else ""
        mark += ", left out" if person["left_out"] else ""
        seconds = person["median_seconds"]
        lines.append(
            f"{plain(person['name'])[:24]:<24} {person['items']:>6} "
            f"{person['checks_passed']:>8} of {person['checks_seen']:<3} "
            f"{'-' if seconds is None else format(seconds, '.1f'):>16}"
            + (f" {_percent(person['chose_left']):>16}" if two else "")
            + mark
        )
    lines += ["", *_FIGURES[found["task"]](found["figures"]), ""]
    lines += ["How far people agree"] if found["agreement"] else []
    for question, row in found["agreement"].items():
        lines.append(f"  {question}")
        lines += [f"    {_agreement(row[name])}" for name in ("alpha", "kappa", "share")]
    lines += ["", *_critics(found["critics"])]
    lines += [f"note: {plain(note)}" for note in found["notes"]]
    if "exported" in found:
        lines.append(f"{found['exported']} answers exported")
    return "\n".join(lines).rstrip()


def _outcomes(figures: dict[str, Any]) -> list[str]:
    lines = []
    for question, row in figures.items():
        for title, one in (("all pairs", row["outcome"]), ("same people", row["same_people"])):
            if title != "all pairs" and one["items"] in (0, row["outcome"]["items"]):
                continue
            sign = "" if one["p_sign"] is None else f", sign test {_p(one['p_sign'])}"
            lines += [
                f"{question}, {title}: majority of each of {one['items']} items, "
                f"{one['votes']} votes{sign}",
                f"  win  {_share(one['win'])}",
                f"  lose {_share(one['lose'])}",
                f"  tie  {_share(one['tie'])}",
            ]
    return lines or ["no item has an answer yet"]


def _scales(figures: dict[str, Any]) -> list[str]:
    lines = []
    for scale, row in figures.items():
        spread = ", ".join(f"{value}: {count}" for value, count in row["by_value"].items())
        lines.append(f"{scale:<14} mean {_estimate(row['mean'])}, {row['ratings']} ratings")
        lines.append(f"{'':<14} {spread}")
    return lines or ["no item has an answer yet"]


def _facts(figures: dict[str, Any]) -> list[str]:
    lines = []
    for title, name in (("each vote", "ticks"), ("majority", "ticks_majority")):
        row = figures[name]
        none = f", {row['left_out']} without a majority left out" if row.get("left_out") else ""
        lines.append(f"facts found, {title}: n = {row['n']}{none}")
        lines.append(f"  precision {_share(row['precision'])}")
        lines.append(f"  recall    {_share(row['recall'])}")
    for kind, counts in figures["by_kind"].items():
        told = ", ".join(f"{label} {count}" for label, count in sorted(counts.items()))
        lines.append(f"{kind} facts: {told}")
    hurt = figures["conversations_contradicting"]
    unclear = figures["conversations_unclear"]
    none = f", {unclear} without a majority left out" if unclear else ""
    lines.append(f"conversations that deny an own fact: {_share(hurt)}{none}")
    return lines


def _flags(figures: dict[str, Any]) -> list[str]:
    lines = [
        f"{name:<18} {_share(row['by_majority'])} by majority"
        + (f", {row['left_out']} without one left out" if row["left_out"] else "")
        for name, row in figures.items()
    ]
    return lines or ["no item has an answer yet"]


_FIGURES = {
    "turing": _outcomes,
    "pairwise": _outcomes,
    "likert": _scales,
    "faithfulness": _facts,
    "flags": _flags,
}


def _critics(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return [
            "No critic has judged these conversations; give --critics with the folder of "
            "`dramaturg critique DATA --out FOLDER`."
        ]
    lines = ["Critics beside people"]
    for row in rows:
        who = row["critic"]
        name = " ".join(part for part in (who["scorer"], who["version"], who["model"]) if part)
        missing = f", {row['left_out']} without a majority left out" if row["left_out"] else ""
        if "even" in row:
            missing = f", {row['left_out']} that people leave even" if row["left_out"] else ""
            missing += f", {row['even']} that the critic leaves even" if row["even"] else ""
        lines.append(f"  {plain(name)} · {row['question']} · {row['over']}{missing}")
        if "agree" in row:
            one = row["agree"]
            lines.append(f"    same answer {_share(one['same'])}")
            if row["over"] != "decided pairs":
                lines.append(
                    f"    precision {_share(one['precision'])}; recall {_share(one['recall'])}; "
                    f"people: {one['problems']} positive"
                )
            lines.append(f"    Cohen's kappa {_estimate(one['kappa'])}")
        if "ranks" in row:
            lines.append(f"    rank correlation {_estimate(row['ranks'])}")
        if "reliability" in row:
            one = row["reliability"]
            what = "people say so" if row["over"] == "turn and fact" else "people find it good"
            lines.append(f"    calibration error {one['error']:.3f} (n = {one['n']}); {what}:")
            lines += [
                f"      {part['low']:.1f} to {part['high']:.1f}: {_share(part['good'])}"
                for part in one["bins"]
                if part["n"]
            ]
    return lines


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def _share(one: dict[str, Any]) -> str:
    if one["value"] is None:
        return "- (n = 0)"
    return (
        f"{100 * one['value']:.1f} % [{100 * one['low']:.1f}, {100 * one['high']:.1f}] "
        f"({one['hits']} of {one['n']})"
    )


def _percent(one: dict[str, Any] | None) -> str:
    return "-" if one is None else f"{100 * one['value']:.0f} % of {one['n']}"


def _estimate(one: dict[str, Any]) -> str:
    if one["value"] is None:
        return f"- (n = {one['n']}: {one['why']})"
    wide = "" if one["low"] is None else f" [{one['low']:.2f}, {one['high']:.2f}]"
    return f"{one['value']:.2f}{wide} (n = {one['n']})"


def _agreement(one: dict[str, Any]) -> str:
    about = f"{one['items']} items, {one['raters']} raters, {one['ratings']} ratings"
    if one["value"] is None:
        return f"{one['measure']}: - ({one['why']}; {about})"
    wide = "" if one["low"] is None else f" [{one['low']:.3f}, {one['high']:.3f}]"
    return f"{one['measure']}: {one['value']:.3f}{wide} ({about})"


def _size(study: Study) -> str:
    checks = study.about["checks"]
    return f"{len(study.items)} items, {checks} of them attention checks, in {study.path}"
