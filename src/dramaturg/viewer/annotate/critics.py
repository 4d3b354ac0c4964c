"""How far each critic agrees with the people: verdicts and scores beside their answers.

A critic is a scorer in one version with one model behind it. People's label of a conversation or
turn is their majority; where they have none, the case is left out and counted.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from dramaturg.evaluate.calibration import agree, rank_agreement, reliability
from dramaturg.evaluate.human_study import majority
from dramaturg.records import Conversation, Verdict
from dramaturg.scorers import ENTRIES
from dramaturg.study import Answer, Study
from dramaturg.viewer.annotate.verdicts import Cell, FactLabels, Said

_MIDDLE = 3.0  # of a scale from 1 to 5

Labels = dict[
    str, bool | None
]  # conversation id -> whether people see a problem; None: no majority


def beside_critics(
    study: Study,
    counted: Sequence[Answer],
    said: Mapping[str, Mapping[str, Mapping[str, Any]]],
    sources: Sequence[Said],
) -> list[dict[str, Any]]:
    """One row for each critic and question it can be held against, as JSON values.

    Returns:
        Rows with `critic`, `question`, `over` (what a case is), `left_out` (cases on which people
        have no majority, or call a pair even), for pairs `even` (of the others, those on which
        the critic prefers neither), and of `agree`, `ranks`, `reliability` those that can be
        counted.
    """
    talks = {talk.id: talk for talk in study.conversations()}
    later = [verdict for source in sources for verdict in source.verdicts]
    critics = _critics(talks.values(), [*study.verdicts(), *later])
    task = study.questions["task"]
    if task in ("turing", "pairwise"):
        return [*_preferences(study, said, critics), *_comparisons(study, said, sources)]
    if task == "likert":
        return _ratings(study, said, critics)
    if task == "flags":
        return _flags(study, said, critics)
    tables = [source.facts for source in sources if source.facts is not None]
    return _faithfulness(study, counted, said, critics, talks, tables)


class _Critic(msgspec.Struct, kw_only=True):
    name: str
    version: str
    model: str
    of: dict[str, Verdict]

    def row(self, question: str, over: str, left_out: int, **figures: Any) -> dict[str, Any]:
        about = {"scorer": self.name, "version": self.version, "model": self.model}
        plain = {name: msgspec.to_builtins(value) for name, value in figures.items()}
        return {"critic": about, "question": question, "over": over, "left_out": left_out, **plain}

    @property
    def better(self) -> str:
        """Which end of its range is good: "high", "low", or "neither" for a description."""
        return ENTRIES[self.name].better if self.name in ENTRIES else "high"

    @property
    def harm(self) -> bool:
        return self.better == "low"


def _critics(talks: Iterable[Conversation], verdicts: Iterable[Verdict]) -> list[_Critic]:
    """Critics by scorer, version and model; a bare score in the data where there is no verdict."""
    found: dict[tuple[str, str, str], _Critic] = {}

    def add(verdict: Verdict) -> None:
        key = (verdict.scorer, verdict.version, verdict.model)
        name, version, model = key
        made = _Critic(name=name, version=version, model=model, of={})
        found.setdefault(key, made).of[verdict.subject] = verdict

    for verdict in verdicts:
        add(verdict)
    judged = {(name, subject) for (name, _, _), c in found.items() for subject in c.of}
    for talk in talks:
        for name, value in talk.scores.items():
            if (name, talk.id) not in judged and 0 <= value <= 1:
                add(Verdict(subject=talk.id, scorer=name, value=value, version="score in the data"))
    return [found[key] for key in sorted(found)]


def _against(critic: _Critic, problems: Labels, question: str, seed: int) -> dict[str, Any] | None:
    """One critic beside people's yes and no on conversations."""
    shared = [(problems[s], v) for s, v in sorted(critic.of.items()) if s in problems]
    clear = [(people, v) for people, v in shared if people is not None]
    if not clear:
        return None
    figures: dict[str, Any] = {}
    decided = [(people, v.passed is False) for people, v in clear if v.passed is not None]
    if decided:
        figures["agree"] = agree([p for p, _ in decided], [c for _, c in decided], seed=seed)
    low, high = clear[0][1].low, clear[0][1].high
    if not decided and critic.better == "neither":
        return None
    if high > low and critic.better != "neither":
        figures["reliability"] = reliability(
            [v.value for _, v in clear],
            [not people for people, _ in clear],
            low=low,
            high=high,
            high_is_good=not critic.harm,
        )
    return critic.row(question, "conversations", len(shared) - len(clear), **figures)


def _flags(
    study: Study, said: Mapping[str, Mapping[str, Mapping[str, Any]]], critics: Sequence[_Critic]
) -> list[dict[str, Any]]:
    """Each critic beside the flag that names it, or else beside any problem at all."""
    by_flag = {
        flag: {
            study.items[item].key["ids"][0]: majority(list(people.values()))
            for item, people in items.items()
        }
        for flag, items in said.items()
    }
    anything: Labels = {}
    for labels in by_flag.values():
        for talk, label in labels.items():
            anything[talk] = _either(anything.get(talk, False), label)
    named = {ask["critic"]: ask["name"] for ask in study.questions["ask"] if "critic" in ask}
    rows = []
    for critic in critics:
        flag = named.get(critic.name)
        problems = by_flag.get(flag, {}) if flag else anything
        rows.append(_against(critic, problems, flag or "any problem", study.seed))
    return [row for row in rows if row]


def _ratings(
    study: Study, said: Mapping[str, Mapping[str, Mapping[str, Any]]], critics: Sequence[_Critic]
) -> list[dict[str, Any]]:
    """Each critic's value beside the mean rating on each scale; below 3 is a problem."""
    rows = []
    for critic in critics:
        for scale, items in said.items():
            means = {
                study.items[item].key["ids"][0]: statistics.fmean(people.values())
                for item, people in items.items()
            }
            problems: Labels = {
                talk: None if mean == _MIDDLE else mean < _MIDDLE for talk, mean in means.items()
            }
            row = _against(critic, problems, scale, study.seed) or critic.row(
                scale, "conversations", 0
            )
            both = [(means[s], v.value) for s, v in sorted(critic.of.items()) if s in means]
            if not both:
                continue
            turn = -1.0 if critic.harm else 1.0
            ranks = rank_agreement(
                [mean for mean, _ in both], [turn * v for _, v in both], seed=study.seed
            )
            rows.append(row | {"ranks": msgspec.to_builtins(ranks)})
    return rows


def _preferences(
    study: Study, said: Mapping[str, Mapping[str, Mapping[str, Any]]], critics: Sequence[_Critic]
) -> list[dict[str, Any]]:
    """Does the critic give the better value to the conversation that people prefer?"""
    rows = []
    for critic in critics:
        if critic.better == "neither":
            continue
        for question, items in said.items():
            people, own, left_out, even = [], [], 0, 0
            for item, votes in items.items():
                key = study.items[item].key
                first, second = (critic.of.get(talk) for talk in key["ids"])
                if first is None or second is None:
                    continue
                choice = majority(list(votes.values()))
                if choice in (None, "tie"):
                    left_out += 1
                    continue
                if first.value == second.value:
                    even += 1
                    continue
                better = (
                    key["a"] if (first.value > second.value) != critic.harm else _other(key["a"])
                )
                people.append(choice == "data")
                own.append(better == "data")
            if people or left_out or even:
                found = agree(people, own, seed=study.seed)
                rows.append(critic.row(question, "decided pairs", left_out, even=even, agree=found))
    return rows


def _comparisons(
    study: Study,
    said: Mapping[str, Mapping[str, Mapping[str, Any]]],
    sources: Sequence[Said],
) -> list[dict[str, Any]]:
    """Does a critic that compared the same two conversations prefer the one that people prefer?

    Asked several times, it prefers what it preferred more often.
    """
    repeats = [one for source in sources for one in source.comparisons]
    ahead: dict[tuple[str, str, str], dict[frozenset[str], Counter[str]]] = defaultdict(
        lambda: defaultdict(Counter)
    )
    for one in [*study.comparisons(), *repeats]:
        pair = frozenset((one.first, one.second))
        tally = ahead[one.scorer, one.version, one.model][pair]
        tally.update([one.winner] if one.winner is not None else [])
    winners = {
        critic: {pair: _leader(tally) for pair, tally in of.items()} for critic, of in ahead.items()
    }
    rows = []
    for (name, version, model), of in sorted(winners.items()):
        for question, items in said.items():
            people, own, left_out, even = [], [], 0, 0
            for item, votes in items.items():
                key = study.items[item].key
                pair = frozenset(key["ids"])
                if pair not in of:
                    continue
                choice, winner = majority(list(votes.values())), of[pair]
                if choice in (None, "tie"):
                    left_out += 1
                    continue
                if winner is None:
                    even += 1
                    continue
                people.append(choice == "data")
                own.append((winner == key["ids"][0]) == (key["a"] == "data"))
            if people or left_out or even:
                critic = _Critic(name=name, version=version, model=model, of={})
                found = agree(people, own, seed=study.seed)
                rows.append(critic.row(question, "decided pairs", left_out, even=even, agree=found))
    return rows


def _leader(tally: Counter[str]) -> str | None:
    best = tally.most_common(2)
    if not best or (len(best) > 1 and best[0][1] == best[1][1]):
        return None
    return best[0][0]


def _other(side: str) -> str:
    return "against" if side == "data" else "data"


def _faithfulness(
    study: Study,
    counted: Sequence[Answer],
    said: Mapping[str, Mapping[str, Mapping[str, Any]]],
    critics: Sequence[_Critic],
    talks: Mapping[str, Conversation],
    tables: Sequence[FactLabels],
) -> list[dict[str, Any]]:
    """By turn and own fact: the data's own marks, tables of facts, and each verdict's evidence; by
    conversation: whether any fact that was asked about is denied."""
    cells, unclear = _cells(study, counted)
    rows = []
    marked = {
        id: _marks(talk) for id, talk in talks.items() if any(t.grounding for t in talk.turns)
    }
    if marked:
        about = _Critic(name="grounding", version="marks in the data", model="", of={})
        known = {cell: label for cell, label in cells.items() if cell[0] in marked}
        for relation in ("entail", "contradict"):
            found = agree(
                [label == relation for label in known.values()],
                [relation in marked[t].get((turn, fact), ()) for t, turn, fact in known],
                groups=[talk for talk, _, _ in known],
                seed=study.seed,
            )
            rows.append(about.row(relation, "turn and fact", unclear, agree=found))
    rows += [row for table in tables for row in _beside_table(table, cells, unclear, study.seed)]
    for critic in critics:
        if critic.name != "faithfulness":
            continue
        denied = {
            (talk, e.turn, e.fact_id)
            for talk, verdict in critic.of.items()
            for e in verdict.evidence
            if verdict.passed is False
        }
        if any(turn is not None for _, turn, _ in denied) or not denied:
            known = {cell: label for cell, label in cells.items() if cell[0] in critic.of}
            if known:
                found = agree(
                    [label == "contradict" for label in known.values()],
                    [cell in denied for cell in known],
                    groups=[talk for talk, _, _ in known],
                    seed=study.seed,
                )
                rows.append(critic.row("contradict", "turn and fact", unclear, agree=found))
        row = _against(critic, _denials(study, said), "any fact denied", study.seed)
        if row:
            rows.append(row)
    return rows


def _beside_table(
    table: FactLabels, cells: Mapping[Cell, str], unclear: int, seed: int
) -> list[dict[str, Any]]:
    about = _Critic(name="fact table", version="", model=table.model, of={})
    both = [
        (people, table.cells[cell], cell[0])
        for cell, people in cells.items()
        if cell in table.cells
    ]
    rows = []
    for place, relation in enumerate(("entail", "contradict"), 1):
        people = [label == relation for label, _, _ in both]
        if not both:
            continue
        found = agree(
            people,
            [critic[0] == relation for _, critic, _ in both],
            groups=[talk for _, _, talk in both],
            seed=seed,
        )
        sure = reliability([float(critic[place]) for _, critic, _ in both], people)
        rows.append(about.row(relation, "turn and fact", unclear, agree=found, reliability=sure))
    return rows


def _cells(study: Study, counted: Sequence[Answer]) -> tuple[dict[Cell, str], int]:
    """People's label of each turn and own fact with an id; and how many have no majority."""
    votes: dict[Cell, list[str]] = defaultdict(list)
    for answer in counted:
        item = study.items[answer.item]
        fact = item.key.get("fact_id")
        if not fact:
            continue
        for turn, (speaker, _) in enumerate(item.shown["talk"]["turns"]):
            if speaker == item.shown["speaker"]:
                label = answer.answer["marks"].get(str(turn), "neutral")
                votes[item.key["ids"][0], turn, fact].append(label)
    decided = {cell: majority(labels) for cell, labels in votes.items()}
    clear = {cell: label for cell, label in decided.items() if label is not None}
    return clear, len(decided) - len(clear)


def _marks(talk: Conversation) -> dict[tuple[int, str], set[str]]:
    found: dict[tuple[int, str], set[str]] = defaultdict(set)
    for number, turn in enumerate(talk.turns):
        for mark in turn.grounding:
            found[number, mark.fact_id].add(mark.relation)
    return found


def _denials(study: Study, said: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Labels:
    found: Labels = {}
    for item, people in said.get("fact", {}).items():
        key = study.items[item].key
        if key["kind"] != "own":
            continue
        label = majority(list(people.values()))
        talk = key["ids"][0]
        before = found.get(talk, False)
        denied = label == "contradict"
        found[talk] = (
            True if denied or before else None if label is None or before is None else False
        )
    return found


def _either(one: bool | None, other: bool | None) -> bool | None:
    """Or, where None is "not known"."""
    if one or other:
        return True
    return None if one is None or other is None else False
