"""The critics over conversations that exist already."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from dramaturg import dataset, scorers
from dramaturg.errors import ReplyError, UserError
from dramaturg.models.resolve import resolve
from dramaturg.records import Conversation, Drop, Verdict, to_json
from dramaturg.store import is_run_folder, write_atomically

_OURS = {"verdicts.jsonl", "report.json", "report.json.tmp"}
_AT_ONCE = 32  # conversations judged together; results stream out in order


async def critique_file(
    source: str,
    *,
    model: str = "embedded",
    out: str | None = None,
    limit: int | None = None,
    partner: bool = False,
) -> dict[str, Any]:
    """Judge every conversation of a file: faithfulness to both personas, toxicity.

    Args:
        source: A run folder, parquet, JSON lines, or the Synthetic-Persona-Chat CSV.
        out: Folder for verdicts.jsonl (one verdict a line) and report.json; None = no files.
        partner: Also look for facts that are the partner's.

    Returns:
        Counts by scorer (n, failed, failed_share, version), broken rows by reason, notes on what
        could not be judged, and the worst conversations with their evidence.

    Raises:
        UserError: If the file is missing or holds no conversation.
    """
    critic = resolve(model)
    experts = [scorers.faithfulness(critic), scorers.toxicity(critic)]
    if partner:
        experts.append(scorers.partner_fact(critic))
    drops: list[Drop] = []
    judged: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    unjudged: Counter[str] = Counter()
    worst: list[dict[str, Any]] = []
    count = without = 0

    async def judge(conversation: Conversation) -> tuple[Conversation, list[Verdict | str]]:
        found: list[Verdict | str] = []
        for expert in experts:
            if expert.name == "faithfulness" and not _has_personas(conversation):
                continue
            try:
                found.append(await expert(conversation))
            except ReplyError as error:
                found.append(f"{expert.name}: {error.kind}")
        return conversation, found

    try:
        with _verdict_file(out) as lines:
            rows = islice(dataset.load_conversations(source, drops.append), limit)
            for batch in _batches(rows):
                for conversation, found in await asyncio.gather(*map(judge, batch)):
                    count += 1
                    without += not _has_personas(conversation)
                    for verdict in found:
                        if isinstance(verdict, str):
                            unjudged[verdict] += 1
                            continue
                        judged[verdict.scorer] += 1
                        if lines:
                            lines.write(to_json(verdict) + "\n")
                        if verdict.passed is False:
                            failed[verdict.scorer] += 1
                            worst.append(_case(conversation, verdict))
                    worst = sorted(worst, key=lambda case: -case["badness"])[:20]
    finally:
        if hasattr(critic, "aclose"):
            await critic.aclose()
    if not count:
        raise UserError(
            f"there is no conversation in {source}",
            why=drops[0].reason if drops else "the file holds no row",
            fix="give a run folder, parquet, JSON lines or the Synthetic-Persona-Chat CSV",
        )
    report = {
        "source": source,
        "critic": model,
        "conversations": count,
        "scorers": [
            {
                "scorer": expert.name,
                "version": expert.version,
                "n": judged[expert.name],
                "failed": failed[expert.name],
                "failed_share": failed[expert.name] / judged[expert.name]
                if judged[expert.name]
                else None,
            }
            for expert in experts
        ],
        "broken_rows": [drop.reason for drop in drops[:50]],
        "broken_row_count": len(drops),
        "unjudged": dict(unjudged),
        "notes": [f"{without} of {count} have no persona: faithfulness cannot be judged there"]
        if without
        else [],
        "worst": worst,
    }
    if out:
        text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
        write_atomically(Path(out, "report.json"), text.encode("utf-8", "replace"))
    return report


@contextlib.contextmanager
def _verdict_file(out: str | None) -> Iterator[TextIO | None]:
    if out is None:
        yield None
        return
    folder = Path(out)
    if is_run_folder(folder):
        raise UserError(
            f"{folder} is a run folder, and has a report of its own", fix="give another --out"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = {entry.name for entry in folder.iterdir()} - _OURS
        if strangers:
            raise UserError(
                f"{folder} holds other things, e.g. {min(strangers)}", fix="give another --out"
            )
        with (folder / "verdicts.jsonl").open("w", encoding="utf-8") as lines:
            yield lines
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written", why=str(error), fix="give another --out"
        ) from error


def _batches(rows: Iterator[Conversation]) -> Iterator[list[Conversation]]:
    while batch := list(islice(rows, _AT_ONCE)):
        yield batch


def _has_personas(conversation: Conversation) -> bool:
    return any(speaker.persona for speaker in conversation.speakers)


def _case(conversation: Conversation, verdict: Verdict) -> dict[str, Any]:
    turns = [e.turn for e in verdict.evidence if e.turn is not None]
    return {
        "conversation": conversation.id,
        "scorer": verdict.scorer,
        "value": verdict.value,
        "badness": _badness(verdict),
        "reasons": list(verdict.reasons[:3]),
        "turns": {t: conversation.turns[t].text for t in turns[:3]},
    }


def _badness(verdict: Verdict) -> float:
    """0 good to 1 bad: harm is bad when high, faithfulness when low."""
    share = (verdict.value - verdict.low) / (verdict.high - verdict.low)
    return share if verdict.scorer == "toxicity" else 1.0 - share
