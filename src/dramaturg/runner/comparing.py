"""Which of two datasets is more human-like, pair by pair: the Turing test with judges."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from dramaturg import dataset, evaluate, scorers
from dramaturg.errors import DramaturgError, UserError
from dramaturg.evaluate import PairwiseResult, Talk
from dramaturg.models import ChatModel, QualityModel
from dramaturg.models.blas import use_one_thread
from dramaturg.models.budget import Budget, Budgeted
from dramaturg.models.gate import Gate, Gated
from dramaturg.models.recorded import Recorded
from dramaturg.models.resolve import Limits, resolve
from dramaturg.records import Conversation, Drop, to_json
from dramaturg.runner.examined import Examined
from dramaturg.runner.out_folder import held
from dramaturg.scorers.base import prompted
from dramaturg.store import write_atomically

Source = str | Path | Iterable[Conversation]
POLICIES = ("human", *scorers.POLICIES)

_POOL = 5_000  # conversations of a side among which pairs are looked for
_EXAMPLES = 3  # pairs shown of each outcome
_LEAST_DETECTED = 40  # pairs from which the classifier is trained


class ComparisonReport(msgspec.Struct, kw_only=True):
    """Two datasets compared.

    Attributes:
        a, b: Where the conversations came from.
        pairs: How many pairs were judged.
        same_people: Whether both of a pair are of the same people.
        results: One for each judge and policy; first is `a`.
        counts: For each result, whether its judge passed the exam or sat none.
        agreement: Krippendorff's alpha of the judges of one policy that count, by policy.
        detector: How often a trained classifier finds `a` out, with its interval; or None.
        notes: What to bear in mind.
        report: What report.json holds.
    """

    a: str
    b: str
    pairs: int
    same_people: bool
    results: list[PairwiseResult]
    counts: list[bool]
    agreement: dict[str, Any]
    detector: dict[str, Any] | None
    notes: list[str]
    report: dict[str, Any]
    path: Path | None = None


def compare(a: Source, b: Source, **arguments: Any) -> ComparisonReport:
    """Compare two datasets, and wait for it; see `acompare`."""
    return asyncio.run(acompare(a, b, **arguments))


async def acompare(
    a: Source,
    b: Source,
    *,
    model: str | Sequence[str] = (),
    by: str | Sequence[str] = "human",
    pairs: int = 100,
    repeats: int = 1,
    exam: bool | None = None,
    out: str | Path | None = None,
    seed: int = 13,
    budget: Budget | None = None,
    gate: Gate | None = None,
    limits: Limits = Limits(),  # noqa: B008  (it is immutable)
) -> ComparisonReport:
    """Show judges pairs of conversations, one of each dataset, in both orders.

    Args:
        a, b: Run folders, files that `load_conversations` reads, or conversations. Pairs are of
            the same people where both have them, else drawn at random.
        model: The judge, or several. "embedded" (the default) measures how typical a talk is of
            people's; a chat model is asked.
        by: "human" (the Turing test), or qualities: depth, coherency, consistency, diversity,
            likable.
        pairs: How many pairs at most.
        repeats: How often each pair is asked anew, with other seeds.
        exam: Examine the judges first; who fails is heard and counts for nothing. None = chat
            models only.
        out: Folder for comparisons.jsonl, report.json, report.html and the calls of chat models:
            the same command again makes no finished call twice. None = no files.

    Raises:
        UserError: If a file is missing, the sides are one, or a policy is unknown.
        BackendError: If a call fails for good; what was answered is in `out`.
    """
    wanted = [by] if isinstance(by, str) else list(by)
    refs = [model] if isinstance(model, str) else list(model) or ["embedded"]
    for policy in wanted:
        if policy not in POLICIES:
            raise UserError(
                f"there is no policy {policy!r}", fix=f"use one of {', '.join(POLICIES)}"
            )
    use_one_thread()
    budget, gate = budget or Budget(), gate or Gate()
    models = {ref: resolve(ref, limits) for ref in dict.fromkeys(refs)}
    notes: list[str] = []
    chosen, same = _pairs(a, b, pairs, seed, notes)
    with held(
        out, {"comparisons.jsonl", "report.html"}, calls=any(map(prompted, models.values()))
    ) as (
        folder,
        journal,
    ):
        used: dict[str, Any] = {}
        for ref, inner in models.items():
            used[ref] = inner
            if prompted(inner):
                guarded: ChatModel = Gated(Budgeted(inner, budget), gate)
                used[ref] = Recorded(guarded, "judge", journal) if journal else guarded
        results, counts, exams = [], [], Examined()
        try:
            for ref, judge in used.items():
                for policy in wanted:
                    comparer = _comparer(policy, judge)
                    asked = prompted(models[ref])
                    passed = await exams.comparer(comparer, ref, asked=asked, wanted=exam)
                    result = await evaluate.pairwise(chosen, comparer, repeats=repeats, seed=seed)
                    results.append(msgspec.structs.replace(result, model=result.model or ref))
                    counts.append(passed)
        finally:
            for judge in used.values():
                if isinstance(judge, Recorded):
                    await judge.drain(stop=False)
            closing = [m.aclose() for m in models.values() if hasattr(m, "aclose")]
            await asyncio.gather(*closing, return_exceptions=True)
        notes += exams.notes("its votes are written, and count for nothing")
        if not any(prompted(judge) for judge in models.values()):
            notes.append(
                "no chat model judged: the embedded judge knows surface features only "
                "(--model openai:MODEL asks one)"
            )
        report = _report(a, b, chosen, same, results, counts, exams, wanted, notes, seed)
        if folder is not None:
            _write(folder, report, results, chosen)
    return ComparisonReport(
        a=report["a"],
        b=report["b"],
        pairs=len(chosen),
        same_people=same,
        results=results,
        counts=counts,
        agreement=report["agreement"],
        detector=report["detector"],
        notes=notes,
        report=report,
        path=folder,
    )


def _comparer(policy: str, judge: Any) -> scorers.Comparer:
    if policy == "human":
        return scorers.more_human(judge if prompted(judge) else None)
    if not prompted(judge) and not isinstance(judge, QualityModel):
        raise UserError(f"{getattr(judge, 'ref', judge)} cannot compare by {policy}")
    return scorers.quality(policy, judge)


def _pairs(
    a: Source, b: Source, most: int, seed: int, notes: list[str]
) -> tuple[list[tuple[Conversation, Conversation]], bool]:
    """One of each side; of the same people where at least half of the smaller side has them."""
    first, second = _drawn(a, seed, notes), _drawn(b, seed, notes)
    ours, theirs = [key for key, _ in first], [key for key, _ in second]
    met = evaluate.match(ours, theirs)
    least = min(len(first), len(second))
    if len(met) * 2 >= least:
        found = [(first[i][1], second[j][1]) for i, j in met[:most]]
        same = True
        if len(met) < least:
            notes.append(f"{least - len(met):,} conversations have no partner on the other side")
    else:
        found = [(x, y) for (_, x), (_, y) in zip(first[:most], second[:most], strict=False)]
        same = False
        notes.append("the pairs are not of the same people: they are drawn at random")
    twins = sum(x.id == y.id for x, y in found)
    if twins == len(found):
        raise UserError("both sides hold the same conversations", fix="give two different datasets")
    if twins:
        notes.append(f"{twins} pairs are one conversation twice and are left out")
        found = [(x, y) for x, y in found if x.id != y.id]
    return found, same


def _drawn(source: Source, seed: int, notes: list[str]) -> list[tuple[int, Conversation]]:
    """Some conversations of a side in a seeded order, each with the key of who talks."""
    lost: list[Drop] = []
    rows = (
        dataset.load_conversations(source, lost.append)
        if isinstance(source, str | Path)
        else source
    )
    drawn = evaluate.Sample(_POOL, seed)
    for place, talk in enumerate(rows):
        drawn.add(Talk(talk), place)
    found = drawn.by_rank()
    name = _name(source)
    if not found:
        raise UserError(f"there is no conversation in {name}", why=lost[0].reason if lost else "")
    if lost:
        notes.append(f"{name}: {len(lost)} lines could not be read: {lost[0].reason}")
    return found


def _name(source: Source) -> str:
    return str(source) if isinstance(source, str | Path) else "conversations"


def _report(
    a: Source,
    b: Source,
    chosen: Sequence[tuple[Conversation, Conversation]],
    same: bool,
    results: Sequence[PairwiseResult],
    counts: Sequence[bool],
    exams: Examined,
    policies: Sequence[str],
    notes: Sequence[str],
    seed: int,
) -> dict[str, Any]:
    agreement = {}
    for policy in policies:
        votes = [r for r, good in zip(results, counts, strict=True) if good and r.policy == policy]
        if len(votes) > 1:
            said = [{(p.first, p.second): p.outcome for p in result.pairs} for result in votes]
            table = [[one.get((x.id, y.id)) for one in said] for x, y in chosen]
            found = evaluate.agreement(table, seed=seed)
            agreement[policy] = msgspec.to_builtins(found)
    rows = []
    for result, good in zip(results, counts, strict=True):
        row = msgspec.to_builtins(result) | {"counts": good}
        del row["pairs"]
        rows.append(row)
    return {
        "a": _name(a),
        "b": _name(b),
        "pairs": len(chosen),
        "same_people": same,
        "seed": seed,
        "results": rows,
        "exams": [msgspec.to_builtins(one) for one in exams.results],
        "agreement": agreement,
        "detector": _detected(chosen, seed),
        "notes": list(notes),
    }


def _detected(
    chosen: Sequence[tuple[Conversation, Conversation]], seed: int
) -> dict[str, Any] | None:
    """How often a classifier, trained in folds on the other pairs, names the one of `a`."""
    import numpy as np

    if len(chosen) < _LEAST_DETECTED:
        return None
    told = evaluate.tell_apart(
        [Talk(x) for x, _ in chosen], [Talk(y) for _, y in chosen], seed=seed
    )
    out = (told.ours > told.theirs) + 0.5 * (told.ours == told.theirs)
    stat = evaluate.Ratio(out.astype(np.float64), np.ones(len(out)), "pairs")
    edges = evaluate.interval(stat.resampled(evaluate.RESAMPLES, seed))
    return {
        "found_out": stat.value(),
        "low": edges[0] if edges else None,
        "high": edges[1] if edges else None,
        "n": len(out),
        "unit": "pairs",
        "scorer": "detector 1",
        "told_right": told.accuracy,
        "told_right_by_length": told.right_by_length,
    }


def _write(
    folder: Path,
    report: dict[str, Any],
    results: Sequence[PairwiseResult],
    chosen: Sequence[tuple[Conversation, Conversation]],
) -> None:
    lines = [to_json(c) + "\n" for r in results for pair in r.pairs for c in pair.comparisons]
    text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    page = dataset.comparison_page(report, _examples(results, chosen))
    try:
        write_atomically(folder / "comparisons.jsonl", "".join(lines).encode("utf-8", "replace"))
        write_atomically(folder / "report.json", text.encode("utf-8", "replace"))
        write_atomically(folder / "report.html", page.encode("utf-8", "replace"))
    except OSError as error:
        raise DramaturgError(f"{folder} cannot be written", why=str(error)) from error


def _examples(
    results: Sequence[PairwiseResult], chosen: Sequence[tuple[Conversation, Conversation]]
) -> list[dict[str, Any]]:
    """The first pairs of each outcome, of every judge and policy, with what was said of them."""
    talks = {talk.id: talk for pair in chosen for talk in pair}
    found = []
    for result in results:
        for outcome in ("first", "second", "tie"):
            for pair in [p for p in result.pairs if p.outcome == outcome][:_EXAMPLES]:
                names = {pair.first: "A", pair.second: "B", None: "none"}
                found.append(
                    {
                        "policy": result.policy,
                        "model": result.model,
                        "outcome": outcome,
                        "said": [
                            {"votes": [names.get(vote, "none") for vote in c.votes],
                             "reasons": list(c.reasons[:4])}
                            for c in pair.comparisons
                        ],
                        "talks": [
                            evaluate.shown_talk(talks[name]) for name in (pair.first, pair.second)
                        ],
                    }
                )  # fmt: skip
    return found
