"""The items of a study: what annotators see, and beside it, hidden, what it is.

An item's id, its place and what is shown of it tell nothing of its key: which side is which,
which fact is a distractor, which item is a check, what the critics said.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from dramaturg.dataset.facts import words
from dramaturg.errors import UserError
from dramaturg.records import Conversation, content_id, derive_seed
from dramaturg.study import checks as planted
from dramaturg.study.questions import TWO_SIDED
from dramaturg.study.sample import Match, draw, matched

Rows = Callable[[], Iterable[Conversation]]
TRUE_FACTS = DISTRACTORS = 4  # a conversation, as in the paper


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to judge.

    Attributes:
        id: Says nothing of what it is.
        group: Items of one group are shown one after the other (facts of one conversation).
        shown: JSON values for the page: {sides: [talk, talk]}, {talk}, or {talk, speaker, fact};
            a talk is {turns: [[speaker index, text]], facts: [[text]] by speaker, or []}.
        key: Never leaves the study: {ids}, and what the task needs: {a: "data" | "against",
            same_people}, {fact_id, kind: "own" | "other" | "negated"}; {check: ...} on a check.
    """

    id: str
    group: str
    shown: dict[str, Any]
    key: dict[str, Any]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All items of a study, the conversations they show, and what the annotators cannot know.

    Attributes:
        conversations: Those shown, checks left out.
        about: Counts of how the items were made, for the report.
    """

    items: tuple[Item, ...]
    conversations: tuple[Conversation, ...]
    about: dict[str, Any]


def plan_study(
    questions: Mapping[str, Any],
    data: Rows,
    against: Rows | None = None,
    *,
    count: int = 50,
    checks: float = 0.1,
    seed: int = 13,
    same_people: bool | None = None,
    even: bool = False,
    personas: bool = True,
    pairs: Match | None = None,
) -> Plan:
    """The items of one task.

    Args:
        questions: What `questions_for` gave.
        data, against: Give the conversations anew at each call.
        count: Items; for faithfulness conversations, each with up to 8 facts.
        checks: Attention checks as a share of the items, in [0, 1); one at least unless 0.
        same_people: For two datasets, see `sample.matched`.
        even: Show all texts in small letters and without spaces before punctuation, so that the
            spelling habits of a dataset do not tell which it is.
        personas: Show the speakers' facts where the task can use them (never for turing).
        pairs: What to compare, in place of `against`: those of `count` first, then for checks.

    Raises:
        UserError: If the task needs a second dataset, or the data cannot serve it.
    """
    task = questions["task"]
    two_datasets(task, against is not None or pairs is not None)
    extra = max(1, round(count * checks)) if checks > 0 else 0
    show = _Shown(even=even, facts=personas and task not in ("turing", "faithfulness"))
    if against is not None:
        pairs = matched(data, against, count + extra, seed=seed, same_people=same_people)
    if pairs is not None:
        items, talks, about = _two_sided(questions, pairs, count, extra, seed, show)
    elif task == "faithfulness":
        items, talks, about = _facts(data, count, checks, seed, show)
    else:
        items, talks, about = _one_sided(questions, data, count, extra, seed, show)
    if not talks:
        raise UserError(
            "no item can be made of this data",
            why="no conversation has facts beside it"
            if task == "faithfulness"
            else "no two conversations are of the same people"
            if same_people
            else "it holds no conversation with a turn",
        )
    about["checks"] = sum("check" in item.key for item in items)
    if task != "faithfulness":
        wanted = min(extra, max(1, round((len(items) - about["checks"]) * checks)))
        about["checks_missing"] = max(0, wanted - about["checks"])
    return Plan(items=_numbered(items, seed), conversations=tuple(talks), about=about)


def two_datasets(task: str, given: bool) -> None:
    """Raise UserError if the task needs a second dataset and has none, or the other way round."""
    if task in TWO_SIDED and not given:
        raise UserError(f"--task {task} compares two datasets", fix="name the other with --against")
    if given and task not in TWO_SIDED:
        raise UserError(f"--task {task} looks at one dataset", fix="leave --against out")


class _Shown:
    """Turns a conversation into what a page shows: neutral names, no ids, no scores."""

    def __init__(self, *, even: bool, facts: bool) -> None:
        self.even, self.facts = even, facts

    def talks(self, *rows: tuple[Conversation, Sequence[str] | None]) -> list[dict[str, Any]]:
        """Two sides: facts stand beside both or neither, or they would name the dataset."""
        having = [[bool(speaker.persona) for speaker in row.speakers] for row, _ in rows]
        facts = self.facts and all(sorted(one) == sorted(having[0]) for one in having)
        return [_Shown(even=self.even, facts=facts).talk(*row) for row in rows]

    def talk(self, row: Conversation, texts: Sequence[str] | None = None) -> dict[str, Any]:
        said = texts or [turn.text for turn in row.turns]
        people = [list(map(self.text, s.persona)) for s in row.speakers]
        return {
            "turns": [
                [turn.speaker, self.text(text)] for turn, text in zip(row.turns, said, strict=True)
            ],
            "facts": people if self.facts and any(people) else [],
        }

    def text(self, text: str) -> str:
        return even_surface(text) if self.even else text


def even_surface(text: str) -> str:
    """Small letters, plain quotes, no space before punctuation, none doubled.

    >>> even_surface("I 'm fine , thanks  ! You’re?")
    "i'm fine, thanks! you're?"
    """
    text = " ".join(text.lower().replace("’", "'").replace("“", '"').replace("”", '"').split())
    text = re.sub(r"\s+([.,!?;:…)])", r"\1", text)
    return re.sub(r"\s+('(?:m|s|re|ve|ll|d|t)\b|n't\b)", r"\1", text)


def _shares(rows: int, count: int, extra: int) -> tuple[int, int]:
    """How many rows become items, and how many are held out for checks: a check that shows what
    an item shows gives the item away. Where rows are few both get fewer."""
    if rows < count + extra:
        extra = min(extra, max(1, round(rows * extra / (count + extra)))) if rows > 1 else 0
    return min(count, rows - extra), extra


def _two_sided(
    questions: Mapping[str, Any],
    pairs: Match,
    count: int,
    extra: int,
    seed: int,
    show: _Shown,
) -> tuple[list[Item], list[Conversation], dict[str, Any]]:
    task = questions["task"]
    known: dict[str, Any] = {}
    if task == "pairwise":
        names = [ask["name"] for ask in questions["ask"] if ask.get("planted")]
        known, extra = {"names": names}, extra if names else 0
    count, extra = _shares(len(pairs), count, extra)
    held, pairs = pairs[count:], pairs[:count]
    seen = {side.id for ours, theirs, _ in pairs for side in (ours, theirs)}
    spare = [one for one in held if one[0].id not in seen and one[1].id not in seen][:extra]
    items = []
    for ours, theirs, same in pairs:
        first = derive_seed(seed, "side", ours.id, theirs.id) & 1
        sides = [theirs, ours] if first else [ours, theirs]
        key = {
            "ids": [side.id for side in sides],
            "a": "against" if first else "data",
            "same_people": same,
        }
        items.append(_item(seed, {"sides": show.talks(*((side, None) for side in sides))}, key))
    for n, (ours, theirs, _) in enumerate(spare):
        good = theirs if task == "turing" else ours
        spoilt = planted.scrambled([turn.text for turn in ours.turns], seed=seed + n)
        side = "ba"[derive_seed(seed, "check", n, good.id) & 1]
        talks = show.talks((good, None), (ours, spoilt))
        shown = {"sides": talks if side == "a" else talks[::-1]}
        hidden = {"check": {"side": side, **known}, "ids": [good.id], "n": n}
        items.append(_item(seed, shown, hidden))
    talks_ = [row for ours, theirs, _ in pairs for row in (ours, theirs)]
    same_count = sum(same for *_, same in pairs)
    return items, talks_, {"pairs": len(pairs), "same_people": same_count}


def _one_sided(
    questions: Mapping[str, Any], data: Rows, count: int, extra: int, seed: int, show: _Shown
) -> tuple[list[Item], list[Conversation], dict[str, Any]]:
    names = [ask["name"] for ask in questions["ask"] if ask.get("planted")]
    expected = {"scales": names} if questions["task"] == "likert" else {"any_of": names}
    if not names:  # nothing asked has a known answer
        extra = 0
    rows = draw(data(), count + extra, seed=seed)
    count, extra = _shares(len(rows), count, extra)
    spare, rows = rows[count:], rows[:count]
    items = [_item(seed, {"talk": show.talk(row)}, {"ids": [row.id]}) for row in rows]
    for n, row in enumerate(spare):
        spoilt = planted.scrambled([turn.text for turn in row.turns], seed=seed + n)
        key = {"check": expected, "ids": [row.id], "n": n}
        items.append(_item(seed, {"talk": show.talk(row, spoilt)}, key))
    return items, rows, {"conversations": len(rows)}


def _facts(
    data: Rows, count: int, checks: float, seed: int, show: _Shown
) -> tuple[list[Item], list[Conversation], dict[str, Any]]:
    """Up to four true facts and four distractors a conversation: half of these the denial of a
    true fact that is not asked itself, the rest facts of other people."""
    from dramaturg.models.experts.negate import negate

    having = (row for row in data() if any(speaker.persona for speaker in row.speakers))
    rows = draw(having, count, seed=seed)
    strangers = [(row.id, f) for row in rows for s in row.speakers for f in s.persona]
    items: list[Item] = []
    for row in rows:
        chance = random.Random(derive_seed(seed, "facts", row.id))
        own = [(who, at) for who, s in enumerate(row.speakers) for at in range(len(s.persona))]
        chance.shuffle(own)
        asked, left = own[:TRUE_FACTS], own[TRUE_FACTS:]
        chosen = [(who, row.speakers[who].persona[at], "own", at) for who, at in asked]
        denials = [
            (who, denied, "negated", at)
            for who, at in left
            if (denied := negate(row.speakers[who].persona[at]))
        ]
        chosen += denials[: DISTRACTORS // 2]
        known = {" ".join(words(f)) for s in row.speakers for f in s.persona}
        some = chance.sample(strangers, min(len(strangers), 64))
        others = [fact for origin, fact in some if origin != row.id]
        wanted = len(asked) + DISTRACTORS - (len(asked) + len(denials[: DISTRACTORS // 2]))
        for fact in others:
            if wanted <= 0:
                break
            if " ".join(words(fact)) not in known:
                known.add(" ".join(words(fact)))
                chosen.append((chance.choice(asked)[0], fact, "other", -1))
                wanted -= 1
        items += [_fact_item(seed, row, show, *fact) for fact in chosen]
    made = 0
    extra = max(1, round(len(items) * checks)) if checks > 0 else 0  # one a conversation at most
    for row in rows:
        quote = planted.quotable(row) if made < extra else None
        if quote is None:
            continue
        turn, sentence = quote
        denied = negate(sentence) if made % 2 else None
        expected = {"turn": turn, "relation": "contradict" if denied else "entail"}
        who = row.turns[turn].speaker
        fact = show.text(denied or sentence)
        shown = {"talk": show.talk(row), "speaker": who, "fact": fact}
        items.append(_item(seed, shown, {"check": expected, "ids": [row.id]}, group=row.id))
        made += 1
    kinds = [item.key["kind"] for item in items if "kind" in item.key]
    about = {"conversations": len(rows)}
    about |= {f"{kind}_facts": kinds.count(kind) for kind in ("own", "negated", "other")}
    return items, rows, about


def _fact_item(
    seed: int, row: Conversation, show: _Shown, who: int, fact: str, kind: str, at: int
) -> Item:
    speaker = row.speakers[who]
    known = speaker.fact_ids[at] if kind == "own" and at < len(speaker.fact_ids) else None
    key = {"ids": [row.id], "kind": kind, "fact_id": known}
    shown = {"talk": show.talk(row), "speaker": who, "fact": show.text(fact)}
    return _item(seed, shown, key, group=row.id)


def _item(seed: int, shown: dict[str, Any], key: dict[str, Any], group: str | None = None) -> Item:
    made = content_id("i", [seed, shown, key])
    return Item(id=made, group=group or made, shown=shown, key=key)


def _numbered(items: Sequence[Item], seed: int) -> tuple[Item, ...]:
    """Ids and groups as numbers in random order: a hash of the key could be guessed from it."""
    mixed = sorted(items, key=lambda item: derive_seed(seed, "number", item.id))
    groups = {name: f"g{n:05}" for n, name in enumerate(dict.fromkeys(i.group for i in mixed), 1)}
    return tuple(
        msgspec.structs.replace(item, id=f"i{n:05}", group=groups[item.group])
        for n, item in enumerate(mixed, 1)
    )
