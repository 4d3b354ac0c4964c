"""Parts of the dataset card that are read from files beside the data: past, findings, cost."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

LINEAGE = "lineage.json"
_LICENCE = re.compile(r"^license:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
KG_CO2E_PER_KWH = 0.48  # world average of electricity in 2023 (Ember, Global Electricity Review)
WATTS = 65.0  # a desktop processor at full load: more than one core of it draws
EMBEDDED_TOKENS_A_SECOND = 730.0  # on one core, docs/embedded-model.md
_FIGURES = 40


def line(value: Any) -> str:
    """Any value on one line, safe in a table's cell of Markdown."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return " ".join(text.split())


def table(rows: Any) -> str:
    """Rows of a Markdown table, without its head."""
    return "\n".join(
        "| " + " | ".join(line(cell).replace("|", "\\|") for cell in row) + " |" for row in rows
    )


def licence_of(path: Path) -> str:
    """The licence that the card of a dataset folder states, "" if none or unknown."""
    try:
        text = (path / "README.md").read_text(encoding="utf-8", errors="replace")[:20_000]
    except OSError:
        return ""
    head = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    hit = _LICENCE.search(head[1]) if head else None
    licence = hit[1].strip("\"'") if hit else ""
    return "" if licence == "unknown" else licence


def derived_from(path: Path) -> str:
    """A title for a dataset that was made of others, "" for any other."""
    told = _json(path / LINEAGE)
    names = [str(source.get("name", "?")) for source in told.get("sources") or ()]
    if not told or not names:
        return ""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}: {told.get('step', '?')}"


def lineage(path: Path) -> str:
    """The steps that made this dataset of others, from lineage.json; "" if there is none."""
    told = _json(path / LINEAGE)
    if not told:
        return ""
    steps = "\n".join(_step(told, 0))
    return (
        "\n## Lineage\n\n"
        f"{steps}\n\nThe same, with digests, in `lineage.json`; each conversation names its steps "
        "in `provenance.extra.lineage`.\n"
    )


def _step(told: Mapping[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    asked = ", ".join(f"{k} {line(v)}" for k, v in dict(told.get("arguments") or {}).items())
    dropped = ", ".join(f"{why} {n:,}" for why, n in dict(told.get("dropped") or {}).items())
    yield (
        f"{indent}- **{line(told.get('step', '?'))}** ({asked or 'no arguments'}): "
        f"{told.get('kept', 0):,} of {told.get('read', 0):,} conversations kept"
        + (f"; left out: {dropped}" if dropped else "")
    )
    if depth > 12:  # a chain that long is read in lineage.json
        return
    for source in told.get("sources") or ():
        about = [f"{source.get('conversations', 0):,} conversations"]
        if source.get("license"):
            about.append(f"licence {line(source['license'])}")
        if "made_by" not in source and source.get("recipe"):
            models = ", ".join(sorted({str(m) for m in dict(source.get("models") or {}).values()}))
            about.append(f"recipe {line(source['recipe'])}" + (f" with {models}" if models else ""))
        yield f"{indent}  - `{line(source.get('name', '?'))}`: {', '.join(about)}"
        if source.get("made_by"):
            yield from _step(source["made_by"], depth + 2)


def made_of(path: Path) -> tuple[list[tuple[str, str]], list[tuple[str, str, str, str]]]:
    """Models and prompts as the conversations' own provenance names them.

    Returns:
        (role, model) rows, and (role, task, model, prompt hash) rows with what is not known "".
    """
    import pyarrow.parquet as pq

    models: Counter[tuple[str, str]] = Counter()
    prompts: Counter[tuple[str, str]] = Counter()
    places = ["provenance.models", "provenance.prompts"]
    for file in sorted((path / "data").glob("*.parquet")):
        with pq.ParquetFile(file) as rows:
            for batch in rows.iter_batches(columns=places):
                for made in batch.column(0).to_pylist():
                    models.update(json.loads(made["models"] or "{}").items())
                    prompts.update(json.loads(made["prompts"] or "{}").items())
    return sorted(models), [("", task, "", hash) for task, hash in sorted(prompts)]


def critics_before(path: Path) -> dict[str, str]:
    """The critics of the sources in lineage.json, with what their errors rest on."""
    found: dict[str, str] = {}
    waiting = [_json(path / LINEAGE)]
    while waiting:
        told = waiting.pop()
        for source in told.get("sources") or ():
            if isinstance(source.get("critics"), dict):
                for name, rests in source["critics"].items():
                    found.setdefault(str(name), f"{rests} (of `{source.get('name', '?')}`)")
            if source.get("made_by"):
                waiting.append(source["made_by"])
    return found


def found_by_evaluate(path: Path) -> str:
    """What `dramaturg evaluate` found of this dataset: weaknesses first, then figures.

    Read from a report.json in a folder inside this one, or beside it if it names this one.
    """
    report, place = _evaluation(path)
    if not report:
        return (
            "Not measured yet: `dramaturg evaluate` writes a report; kept in this folder, it is "
            "read when `dramaturg card` writes this page again."
        )
    notes = [f"- {line(note)}" for note in report.get("notes") or ()]
    against = report.get("against")
    for one in report.get("differences") or ():
        if one.get("clear"):
            notes.append(
                f"- {line(one.get('name'))}: {_number(one.get('ours'))} here, "
                f"{_number(one.get('theirs'))} in `{line(against or 'the reference')}` "
                f"(difference {_number(one.get('value'))}, "
                f"{_between(one)}, n {one.get('n', '?')})"
            )
    figures = report.get("figures") or report.get("metrics") or []
    if isinstance(figures, Mapping):
        figures = [
            {"name": name, **(value if isinstance(value, Mapping) else {"value": value})}
            for name, value in figures.items()
        ]
    shown = [f for f in figures if isinstance(f, Mapping) and f.get("value") is not None]
    rows = [
        (
            f.get("name", f.get("metric", "?")),
            _number(f["value"]),
            _between(f),
            f.get("unit", ""),
            f"{f.get('n', '?')} {f.get('of', '')}".strip(),
            f.get("split", ""),
            f.get("scorer", ""),
        )
        for f in shown[:_FIGURES]
    ]
    text = "\n".join(notes) or "- Nothing was noted against it; read the figures all the same."
    head = (
        "| figure | value | 95 % interval | unit | n | split | scorer |\n"
        "| --- | --- | --- | --- | --- | --- | --- |"
    )
    more = f"\n\n{len(shown) - _FIGURES} more in {place}." if len(shown) > _FIGURES else ""
    return f"Weaknesses and notes, from {place}:\n\n{text}\n\n{head}\n{table(rows)}{more}"


def cost(told: Mapping[str, Any]) -> str:
    """What the run took: calls, tokens, money, and what can be said of carbon."""
    if told.get("carbon"):
        stated = f"Carbon, as stated by who ran it: {line(told['carbon'])}."
    else:
        stated = ""
    totals = dict(told.get("totals") or {})
    rows = [
        (
            step if isinstance(step, str) else " ".join(map(str, step)),
            f"{c.get('calls', 0):,}",
            f"{c.get('tokens_in', 0):,}",
            f"{c.get('tokens_out', 0):,}",
            f"{c.get('usd', 0):,.4f}",
        )
        for step, c in totals.items()
        if isinstance(c, Mapping)
    ]
    if not rows:
        return stated or "No model was called to make it, as far as this folder knows."
    head = (
        "| role/task | calls | tokens in | tokens out | US dollars |\n"
        "| --- | --- | --- | --- | --- |"
    )
    return f"{head}\n{table(rows)}\n\n{stated or _carbon(told, totals)}"


def _carbon(told: Mapping[str, Any], totals: Mapping[str, Any]) -> str:
    """Energy of what ran on this machine, by a stated rule; what ran elsewhere is not known."""
    models = dict(told.get("models") or {})
    here = elsewhere = 0.0
    for step, c in totals.items():
        ref = str(models.get(str(step).partition("/")[0], ""))
        if not isinstance(c, Mapping):
            continue
        if ref.partition(":")[0] == "embedded":
            here += float(c.get("tokens_out", 0)) / EMBEDDED_TOKENS_A_SECOND
        else:
            elsewhere += float(c.get("calls", 0))
    lines = []
    if here:
        kwh = here * WATTS / 3.6e6
        lines.append(
            f"Carbon of what the embedded model wrote, an estimate from above: {here:,.0f} seconds "
            f"of one core at {EMBEDDED_TOKENS_A_SECOND:g} tokens a second, at {WATTS:g} W, are "
            f"{kwh:.4f} kWh; at {KG_CO2E_PER_KWH} kg CO2e a kWh (world average 2023, Ember), "
            f"{1000 * kwh * KG_CO2E_PER_KWH:.2f} g. Nothing was measured; judging is not counted."
        )
    if elsewhere:
        lines.append(
            f"The carbon of {elsewhere:,.0f} calls to models elsewhere is not known: their "
            "providers do not say what a call takes."
        )
    return " ".join(lines) or "The carbon is not known."


def _evaluation(path: Path) -> tuple[dict[str, Any], str]:
    """The report of an evaluation of this folder, and where it stands; {} if there is none.

    Of one beside this folder no path is told: it does not go along when this one is published.
    """
    inside = [*sorted(path.glob("*/report.json")), path / "evaluation.json", path / "report.json"]
    for file in inside:
        report = _json(file)
        if isinstance(report.get("figures") or report.get("metrics"), list | dict):
            return report, f"`{file.relative_to(path).as_posix()}`"
    name = path.resolve().name
    for file in sorted(path.resolve().parent.glob("*/report.json")):
        report = _json(file)
        if report.get("figures") and Path(str(report.get("source"))).name == name:
            return report, "an evaluation that is kept outside this folder"
    return {}, ""


def _between(figure: Mapping[str, Any]) -> str:
    low, high = figure.get("low"), figure.get("high")
    if low is None and isinstance(figure.get("interval"), list | tuple):
        low, high = (*figure["interval"], None, None)[:2]
    return "" if low is None or high is None else f"{_number(low)} to {_number(high)}"


def _number(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, int | float) else line(value)


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
