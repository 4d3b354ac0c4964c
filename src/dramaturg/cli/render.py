"""Results as text for a terminal. No logic: what is shown was computed elsewhere."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dramaturg.dataset import Converted
from dramaturg.dataset.formats import Format
from dramaturg.dataset.leak_check import Leaks
from dramaturg.dataset.produce import Produced
from dramaturg.dataset.publish import Sent, Upload
from dramaturg.dataset.published import Agreement
from dramaturg.prompts.channels import write_script
from dramaturg.proofs import Outcome
from dramaturg.recipes.recipe import Recipe
from dramaturg.records import Change, Turn
from dramaturg.runner.lineage import Lineage
from dramaturg.runner.perform import Run

_WIDTH = 96
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Text of a dataset made safe for a terminal: no control or direction character acts."""
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", text)


def changes(made: Sequence[Change]) -> str:
    """What a text changed in a profile, one value a line, with the words that say it."""
    signs = {"add": "+", "replace": "~", "remove": "-", "none": "="}
    lines = []
    for one in made:
        value = " -> ".join(part for part in (one.old, one.new) if part)
        said = f'   "{one.evidence.text}"' if one.evidence else ""
        lines.append(f"{signs[one.op]} {one.key}: {value}{said}")
    return "\n".join(lines) or "nothing changes"


def result(run: Run) -> str:
    """What a run made, where it is, and the next command to type."""
    report = run.report
    if "shard" in report:
        return _shard(run)
    lines = [""]
    for row in report.get("rounds", []):
        lines.append(
            f"round {row['round']}: kept {row['kept']} of {row['pairs']} pairs from "
            f"{row['drafts']} drafts{_reasons(row['dropped'])}"
        )
        lines.append(
            f"  faithfulness precision {_number(row['precision'])}, recall "
            f"{_number(row['recall'])} · distinct-2 {_number(row['distinct_2'])} "
            f"({row['tokens']:,} tokens) · different utterances {_number(row['different'])} · "
            f"{row['turns']:.1f} turns of {row['words']:.1f} tokens"
        )
    lines += [figure(row) for row in report.get("figures", [])]
    splits = report.get("splits", {})
    others = {w: n for w, n in report.get("made", {}).items() if n and w != "conversations"}
    if run.makes != "conversations" and others.get(run.makes):
        told = ", ".join(f"{n:,} {what}" for what, n in others.items())
        lines.append(f"{told} in {run.path}")
    if splits:
        kept = sum(splits.values())
        parts = ", ".join(f"{name} {count}" for name, count in splits.items())
        lines.append(f"{kept} conversations kept ({parts}) in {run.path}")
    elif not others.get(run.makes):
        what = "conversation kept" if run.makes == "conversations" else f"{run.makes} made"
        lines.append(f"no {what} yet; what is finished is in {run.path}")
    lines += [f"note: {note}" for note in run.notes]
    if run.stopped:
        lines.append(f"stopped: {run.stopped}. The same command goes on where it stopped.")
    if splits or others.get(run.makes):
        lines += ["", "Next:", f"  dramaturg view {run.path}"]
    if splits:
        lines.append(f"  dramaturg show 1 --run {run.path}")
        lines.append(f"  dramaturg critique {run.path}")
        lines.append(f"  python -c \"import datasets; datasets.load_dataset('{run.path}')\"")
    return "\n".join(lines)


def figure(row: Mapping[str, Any]) -> str:
    """One measured number on a line, with what it is over and who measured it."""
    value = row["value"]
    shown = _number(value) if isinstance(value, float) else f"{value:,}"
    split = "" if row.get("split", "all") == "all" else f", {row['split']}"
    return f"{row['name']}: {shown} {row['unit']} (n {row['n']:,}{split}; {row['scorer']})"


def _shard(run: Run) -> str:
    """What a shard came to, and what comes next."""
    told = run.report["shard"]
    name = told["shard"]
    if name == "0":
        lines = [f"what all shards share is made: {told['of_pairs']} pairs, in {run.path}"]
    else:
        lines = [f"shard {name}: {told['pairs']} of {told['of_pairs']} pairs, in {run.path}"]
        lines += [f"round {n}: {count} through" for n, count in told["rounds"].items()]
    lines += [f"note: {note}" for note in run.notes]
    if run.stopped:
        lines.append(f"stopped: {run.stopped}. The same command goes on where it stopped.")
    elif name != "0":
        home = run.path.parent
        lines += ["", "When all shards are finished:", f"  dramaturg merge {home}/shard-* -o OUT"]
    return "\n".join(lines)


def result_json(run: Run) -> dict[str, Any]:
    """The same as JSON values."""
    return {
        "path": str(run.path),
        "state": run.state,
        "stopped": run.stopped,
        "resumed": run.resumed,
        "report": run.report,
    }


def estimate(table: dict[str, Any]) -> str:
    """The table of an estimate."""
    lines = [f"{'step':<16} {'role':<8} {'model':<28} {'calls':>9} {'tokens in':>13} {'out':>12}"]
    for row in table["steps"]:
        lines.append(
            f"{row['step']:<16} {row['role']:<8} {row['model'][:28]:<28} {row['calls']:>9,} "
            f"{row['tokens_in']:>13,} {row['tokens_out']:>12,}"
        )
    total = table["totals"]
    money = "price unknown" if total["usd"] is None else f"${total['usd']:,.2f}"
    lines.append(
        f"{'all':<16} {'':<8} {'':<28} {total['calls']:>9,} {total['tokens_in']:>13,} "
        f"{total['tokens_out']:>12,}   {money}, about {_minutes(total['seconds'])}"
    )
    return "\n".join([*lines, "", *(f"assumed: {a}" for a in table["assumptions"])])


def recipe(found: Recipe) -> str:
    """A recipe's card, roles and settings."""
    lines = [found.name, "", found.card, "", "Models (--model ROLE=MODEL):"]
    for role in found.roles:
        tasks = ", ".join(found.tasks.get(role, ())) or found.roles[role].__name__
        lines.append(f"  {role:<10} {tasks}")
    lines += ["", "Settings:"]
    for setting in found.settings.values():
        kind = "|".join(setting.choices) or setting.kind.__name__
        flag = f"--{setting.name.replace('_', '-')} {kind}"
        shown = "none" if setting.default is None else setting.default
        lines.append(f"  {flag:<28} {setting.help or ''} [{shown}]".rstrip())
    lines += [
        "",
        f"Run it: dramaturg run {found.name} {found.example}",
        f"Prove it: dramaturg prove {found.name}",
    ]
    return "\n".join(lines)


def proofs(outcomes: Sequence[Outcome]) -> str:
    """Each proof with pass or fail, by recipe."""
    lines: list[str] = []
    recipe = ""
    for one in outcomes:
        if one.proof.recipe != recipe:
            recipe = one.proof.recipe
            lines += [*([""] if lines else []), recipe]
        mark = "pass" if one.held else "FAIL"
        lines.append(f"  {mark}  {one.proof.says}")
        lines.append(f"        {plain(one.figure if one.held else one.why)}")
    held = sum(one.held for one in outcomes)
    lines += ["", f"{held} of {len(outcomes)} proofs hold" if outcomes else "no proofs"]
    return "\n".join(lines)


def proofs_json(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The same as JSON values."""
    return [
        {
            "recipe": one.proof.recipe,
            "name": one.proof.name,
            "says": one.proof.says,
            "held": one.held,
            "figure": one.figure,
            "why": one.why,
            "seconds": one.seconds,
        }
        for one in outcomes
    ]


def recipe_json(found: Recipe) -> dict[str, Any]:
    """The same as JSON values."""
    return {
        "name": found.name,
        "card": found.card,
        "roles": {r: list(found.tasks.get(r, ())) for r in found.roles},
        "settings": {
            s.name: {
                "type": s.kind.__name__,
                "default": None if s.default is None else s.default,
                "help": s.help,
            }
            for s in found.settings.values()
        },
    }


def lineage(found: Lineage) -> str:
    """One conversation: people, turns with their grounding, verdicts, rivals, provenance."""
    talk = found.conversation
    state = f"kept, {talk.split}" if found.kept else "not kept"
    lines = [f"{talk.id}  ({state}; round {talk.provenance.round}, draft {talk.provenance.draft})"]
    facts: dict[str, str] = {}
    for speaker in talk.speakers:
        lines += ["", f"{plain(speaker.name)}  {speaker.persona_id or ''}"]
        for fact_id, text in zip(speaker.fact_ids, speaker.persona, strict=False):
            facts[fact_id] = text
            lines.append(f"  - {plain(text)}")
    lines.append("")
    for number, turn in enumerate(talk.turns):
        name = plain(talk.speakers[turn.speaker].name)
        said = textwrap.fill(
            f"{number:>3} {name}: {plain(_said(turn))}", _WIDTH, subsequent_indent="      "
        )
        lines.append(said)
        for ground in turn.grounding:
            fact = plain(facts.get(ground.fact_id, ground.fact_id))
            lines.append(f"      [{ground.relation}: {fact}]")
    lines += ["", "Verdicts:"]
    for verdict in found.verdicts:
        word = {True: "passed", False: "FAILED", None: "scored"}[verdict.passed]
        why = f": {plain('; '.join(verdict.reasons[:2]))}" if verdict.reasons else ""
        lines.append(f"  {verdict.scorer} {verdict.version}  {word}  {verdict.value:.3f}{why}")
    for drop in found.drops:
        lines.append(f"  dropped: {plain(drop.reason)}")
    won = [c for c in found.comparisons if c.winner == talk.id]
    lost = [c for c in found.comparisons if c.winner not in (None, talk.id)]
    if found.comparisons:
        tied = len(found.comparisons) - len(won) - len(lost)
        lines.append(
            f"  quality votes against its rivals: won {len(won)}, lost {len(lost)}, tied {tied}"
        )
    made = talk.provenance
    lines += ["", "Lineage:", f"  recipe {made.recipe}, seed {made.seed}, models {made.models}"]
    lines.append(f"  demonstrations {', '.join(made.demonstrations) or 'none'}")
    for person in found.people:
        new = [f for f in person.facts if f.status == "new"]
        lines.append(f"  {person.id}: {len(person.facts) - len(new)} seed facts, {len(new)} made")
        for made_fact in new:
            asked = plain(made_fact.category or "?")
            lines.append(f"    {plain(made_fact.text)} <- {asked}")
    for call in found.calls:
        lines += ["", f"call {call['key']} · {call['role']} · {call['task']} · {call['model']}"]
        request = call.get("request") or {}
        for message in request.get("messages", []):
            lines += [f"[{message['role']}]", plain(message["content"])]
        if request.get("inputs"):
            lines += ["[input of a native task]", plain(str(request["inputs"]))]
        reply = call.get("reply")
        text = reply.get("text", "") if isinstance(reply, dict) else str(reply)
        lines += ["[reply]", plain(text)]
    return "\n".join(lines)


def _said(turn: Turn) -> str:
    """A turn's text with its channels: [thought] (action), and the turn that it answers."""
    if not turn.channels:
        return turn.text
    answers = turn.channels.get("reply_to")
    return (f"(to {answers}) " if answers else "") + write_script(turn)


def scorer_list() -> str:
    """Every scorer with its forms and what it needs, and the groups."""
    from dramaturg.scorers import ENTRIES, GROUPS

    lines = ["Scorers (name: what its value is; forms; what it needs; calls of the asked form)"]
    for entry in ENTRIES.values():
        needs = f"; needs {', '.join(entry.needs)}" if entry.needs else ""
        calls = f"; {entry.prompts} call(s) a conversation" if entry.prompts else ""
        lines.append(f"  {entry.name}: {entry.says}; {', '.join(entry.forms)}{needs}{calls}")
    lines += ["", "Groups"]
    lines += [
        f"  {name}: " + (", ".join(members) if len(members) < 8 else f"{len(members)} scorers")
        for name, members in GROUPS.items()
    ]
    return "\n".join(lines)


def critique(report: dict[str, Any]) -> str:
    """The outcome of `critique`: figures, then the worst cases with their evidence."""
    lines = [
        f"{report['conversations']} conversations of {report['source']}, critic {report['critic']}"
    ]
    for exam in report["exams"]:
        done = exam["caught"] or exam["ranked"]
        lines.append(
            f"exam of {exam['judge']} ({exam['model']}): "
            f"{'passed' if exam['passed'] else 'FAILED'}, {done['hits']:g} of {done['n']} "
            f"{'caught' if exam['caught'] else 'in order'}"
            + (f", {exam['false_alarms']['hits']:g} false alarms" if exam["caught"] else "")
        )
    lines += [f"  {_scorer_line(row)}" for row in report["scorers"]]
    lines += [f"  {_jury_line(jury)}" for jury in report["juries"]]
    lines += [f"note: {note}" for note in report["notes"]]
    if report["unjudged"]:
        told = ", ".join(f"{why} ({n})" for why, n in report["unjudged"].items())
        lines.append(f"no verdict: {told}")
    if report["broken_row_count"]:
        lines.append(f"{report['broken_row_count']} broken rows were left out, e.g.:")
        lines += [f"  {plain(reason)}" for reason in report["broken_rows"][:5]]
    failed = [case for case in report["worst"] if case["failed"]]
    lowest = {c["scorer"]: c for c in reversed(report["worst"]) if not c["failed"]}
    for title, cases in (("Worst:", failed[:10]), ("Lowest:", list(lowest.values())[::-1])):
        lines += ["", title] if cases else []
        for case in cases:
            lines += _case(case)
    return "\n".join(lines)


def _case(case: dict[str, Any]) -> list[str]:
    """A conversation with the reasons and the turns that count against it."""
    lines = [f"  {case['conversation']}  {case['scorer']} {case['value']:.2f}"]
    lines += [f"    {plain(reason)}" for reason in case["reasons"]]
    for turn, text in case["turns"].items():
        lines.append(textwrap.shorten(f"    turn {turn}: {plain(text)}", 160))
    return lines


def _jury_line(jury: dict[str, Any]) -> str:
    text = f"jury of {jury['scorer']}, {', '.join(jury['judges'])}, n {jury['n']}"
    if jury["failed"] is not None:
        text += f": most fail {jury['failed']}, pass {jury['passed']}, {jury['ties']} ties"
    for name in ("on_decisions", "kappa", "on_values"):
        one = jury[name]
        if one is not None:
            shown = f"{one['value']:.2f}" if one["value"] is not None else f"- ({one['why']})"
            text += f"; {one['measure']} {shown}"
    return text


def _scorer_line(row: dict[str, Any]) -> str:
    name = f"{row['scorer']} {row['version']} ({row['model']})"
    if not row["n"]:
        why = ", ".join(f"{kind} {n}" for kind, n in row["not_judged"].items())
        return f"{name}: none could be judged" + (f" ({why})" if why else "")
    if not row["counts"]:
        return f"{name}: {row['n']} judged, not counted (exam failed)"
    low, high = row["range"]
    span = f"{low:g} to {high:g}" if high is not None else f"from {low:g}"
    text = f"{name}: mean {row['mean']:.3f} ({span}), n {row['n']}"
    if row["failed"] is not None:
        lower, upper = row["failed_interval"]
        text += (
            f"; {row['failed']} fail ({100 * row['failed_share']:.1f} %, "
            f"95 % {100 * lower:.1f} to {100 * upper:.1f})"
        )
    if row["calls"]:
        text += f"; {row['calls']:,} calls" + (f", ${row['usd']:.4f}" if row["usd"] else "")
    return text


def doctor(found: dict[str, Any]) -> str:
    """What is installed and which models answer."""
    lines = [f"dramaturg {found['dramaturg']}, Python {found['python']}, {found['machine']}"]
    lines.append("libraries: " + ", ".join(f"{n} {v}" for n, v in found["libraries"].items()))
    for extra, there in found["extras"].items():
        how = "installed" if there else f"not installed (pip install 'dramaturg[{extra}]')"
        lines.append(f"extra {extra}: {how}")
    lines += [f"{name}: {state}" for name, state in found["keys"].items()]
    for model in found["models"]:
        lines += ["", f"{model['model']}: {'ok' if model['ok'] else 'FAILED'}"]
        if "can" in model:
            lines.append(f"  can: {', '.join(model['can'])}")
        if "first_reply_s" in model:
            lines.append(
                f"  first reply {model['first_reply_s']:.2f} s, "
                f"median {model['median_reply_s']:.2f} s, "
                f"{model['tokens_per_s_one_at_a_time']:.0f} tokens/s one call at a time "
                f"({model['calls']} calls)"
            )
            lines.append(f"  it said: {plain(model['said'])}")
        if not model["ok"]:
            lines.append(f"  error: {model['error']}")
            lines += [f"    {k}: {model[k]}" for k in ("why", "fix") if model.get(k)]
    return "\n".join(lines)


def _reasons(by_reason: dict[str, int]) -> str:
    if not by_reason:
        return ""
    top = sorted(by_reason.items(), key=lambda item: -item[1])[:3]
    return "; dropped: " + ", ".join(f"{name} {count}" for name, count in top)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _minutes(seconds: float) -> str:
    from dramaturg.cli.live import clock_text

    return clock_text(seconds)


def converted(made: Converted, source: str, target: str) -> str:
    """What became of a conversion: a line each for what came over, was lost, not read, dropped."""
    lines = [f"{made.written:,} conversations, {made.source} to {made.target}: {target}"]
    if made.lost_line:
        lines.append(f"lost: {made.lost_line}")
    if made.passed_line:
        lines.append(f"not read from {source}: {made.passed_line}")
    shown = [drop.reason.removeprefix("unreadable: ") for drop in made.dropped[:5]]
    more = made.dropped_count - len(shown)
    lines += [f"dropped: {reason}" for reason in shown]
    if more > 0:
        lines[-1] += f" (and {more:,} more)"
    return plain("\n".join(lines))


def formats(all: Sequence[Format]) -> str:
    """A table of the formats: name, whether read and written, what it is."""
    rows = [(f.name, f.ways, f.about) for f in all]
    width = max(len(name) for name, _, _ in rows)
    return "\n".join(f"{name:<{width}}  {ways:<10}  {about}" for name, ways, about in rows)


def produced(made: Produced, as_json: bool = False) -> str:
    """What became of a step that makes one dataset of others."""
    if as_json:
        return json.dumps(made.as_json(), default=str)
    splits = ", ".join(f"{name or 'no split'} {n:,}" for name, n in made.splits.items())
    lines = [f"{made.kept:,} of {made.read:,} conversations kept ({splits}): {made.out}"]
    if made.dropped:
        told = ", ".join(f"{why} {n:,}" for why, n in made.dropped.most_common())
        lines.append(f"left out: {told}")
    lines += [f"{name.replace('_', ' ')}: {value}" for name, value in made.figures.items()]
    if made.lost:
        lines.append(f"lost: {made.lost}")
    lines += [f"note: {note}" for note in made.notes]
    return plain("\n".join(lines))


def leaks(found: Leaks, as_json: bool = False) -> str:
    """What the splits of a dataset share."""
    if as_json:
        return json.dumps({**msgspec.to_builtins(found), "clean": found.clean})
    splits = ", ".join(f"{name or 'no split'} {n:,}" for name, n in found.counts.items())
    lines = [
        f"splits: {splits}",
        f"persons in more than one split: {found.persons:,}",
        f"pairs of people in more than one split: {found.pairs:,}",
        f"near-duplicate conversations over splits (at {found.near:g}): {found.conversations:,}",
        f"facts in more than one split: {found.facts:,} of {found.facts_of:,} (often by design)",
        f"turns of 8 words or more said in more than one split: {found.sentences:,} of "
        f"{found.sentences_of:,}",
        *(f"  {example}" for example in found.examples),
        "kept apart" if found.clean else "NOT kept apart",
    ]
    return plain("\n".join(lines))


def agreement(found: Agreement, as_json: bool = False) -> str:
    """How splits compare with the published ones."""
    if as_json:
        return json.dumps({**msgspec.to_builtins(found), "exact": found.exact})
    lines = [f"{found.name}: {found.differ:,} conversations in another split than published"]
    for name, wanted in found.published.items():
        told = f"{name}: {found.counts.get(name, 0):,} here, {wanted:,} published"
        unknown = found.unknown.get(name, 0)
        told += f", {unknown:,} between pairs not in the table" if unknown else ""
        lines.append(f"{told}: {found.verdict(name)}")
    lines += [f"  {example}" for example in found.examples]
    lines.append("as published" if found.exact else "NOT as published")
    return plain("\n".join(lines))


def upload(planned: Upload, private: bool, as_json: bool = False) -> str:
    """What publishing will send, and what stays here."""
    from dramaturg.dataset.publish import size_text

    total = sum(item.size for item in planned.items)
    if as_json:
        files = {item.path: item.size for item in planned.items}
        told = {"repo": planned.repo, "license": planned.license, "private": private}
        return json.dumps({**told, "files": files, "stays": planned.stays, "notes": planned.notes})
    lines = [
        f"to {planned.repo} on the hub ({'private' if private else 'public, unless it is there'}), "
        f"licence {planned.license}: {len(planned.items)} files, {size_text(total)}"
    ]
    lines += [f"  {item.path}  {size_text(item.size)}" for item in planned.items[:40]]
    if len(planned.items) > 40:
        lines.append(f"  ... and {len(planned.items) - 40} more")
    lines += [f"stays here: {name} ({why})" for name, why in planned.stays.items()]
    lines += [f"note: {note}" for note in planned.notes]
    return plain("\n".join(lines))


def sent(made: Sent) -> str:
    """What was published, and where it is."""
    from dramaturg.dataset.publish import size_text

    lines = [f"{made.files} files sent ({size_text(made.bytes)}), {made.already} were there"]
    lines += [f"deleted, of an earlier version: {path}" for path in made.deleted]
    return plain("\n".join([*lines, made.url]))
