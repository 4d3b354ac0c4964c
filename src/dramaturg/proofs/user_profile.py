"""Proofs of user-profile: what a text changes, and what it must not change."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from dramaturg import evaluate, profile
from dramaturg.models import ScriptedModel
from dramaturg.profile import Planned, Updated
from dramaturg.proofs.proof import hold, proof
from dramaturg.records import Attribute, Change, Profile, to_json

NAME = "user-profile"
Update = Callable[..., Awaitable[Updated]]
Extract = Callable[..., Awaitable[Updated]]
F1 = Callable[[Profile, Profile], evaluate.PairScore]

BELA = Profile(
    name="Bela Dorn",
    attributes=(
        Attribute(key="birth_date", value="4 July 1961"),
        Attribute(key="occupation", value="baker"),
        Attribute(key="residence", value="Graz"),
        Attribute(key="children", value="Noa"),
    ),
)
LIFE = (
    ("add", "children", "", "Ivo", "Bela Dorn has a second child, Ivo."),
    ("replace", "residence", "Graz", "Turku", "Bela left Graz and lives in Turku now."),
    ("restate", "occupation", "", "the Baker", "Bela Dorn, the Baker, was on the radio."),
    ("other", "residence", "", "Lille", "Greta Holm has moved to Lille."),
)


@proof(NAME, "a value added and a value replaced count once each, and the old one stays in history")
async def add_and_replace_once(update: Update = profile.update) -> str:
    after, changes = await _lived(update)
    made = [(c.op, c.key, c.old, c.new) for c in changes if c.op != "none"]
    wanted = [("add", "children", None, "Ivo"), ("replace", "residence", "Graz", "Turku")]
    hold(made == wanted, f"the changes are {made}")
    held = sorted((a.key, a.value) for a in after.attributes if a.key != "birth_date")
    now = [
        ("children", "Ivo"),
        ("children", "Noa"),
        ("occupation", "baker"),
        ("residence", "Turku"),
    ]
    hold(held == now, f"it holds {held}")
    past = [(a.key, a.value, a.valid_to) for a in after.past]
    hold(past == [("residence", "Graz", "2025-02")], f"the past holds {past}")
    return "4 notes: 1 add, 1 replace, 4 values now and 1 in the past"


@proof(NAME, "what is said again leaves the profile byte for byte as it was")
async def restated_changes_nothing(update: Update = profile.update) -> str:
    before = to_json(BELA)
    for said in ("baker", "Baker", "the baker"):
        reader = _reader(("add", "occupation", "", said, f"Bela Dorn is {said}."))
        got = await update(BELA, f"Bela Dorn is {said}.", reader, when="2025-03", seed=1)
        hold(to_json(got.profile) == before, f"{said!r} made it {to_json(got.profile)}")
    reader = _reader(("replace", "birth_date", "", "1961-07-04", "born 1961-07-04"))
    got = await update(BELA, "Bela, born 1961-07-04.", reader, when="2025-03", seed=1)
    hold(to_json(got.profile) == before, f"another spelling of the day made it {got.profile}")
    return "4 restatements in other spellings: 0 bytes changed"


@proof(NAME, "the same key of somebody else is not merged: a namesake, a relative, a stranger")
async def nobody_else_s_fact(update: Update = profile.update) -> str:
    for person in ("Greta Holm", "Anna Dorn", "Mrs Dorn", "Bela Farkas"):
        text = f"{person} has moved to Lille."
        reader = ScriptedModel(_reply(_item("add", person, "residence", "", "Lille", text)))
        got = await update(BELA, text, reader, when="2025-04", seed=1)
        hold(got.profile == BELA, f"Bela got the residence of {person}")
        hold(got.drops, f"what was said of {person} went without a trace")
    return "4 other people with the same key: 0 merged, 4 dropped with the reason"


@proof(NAME, "evidence is a verbatim piece of the text, and a value without any is not kept")
async def verbatim_evidence(extract: Extract = profile.extract) -> str:
    text = "Bela  Dorn was born in “Łódź” and sells bread."
    said = [
        _item("add", "Bela Dorn", "birth_place", "", "Łódź", 'bela dorn was born in "Łódź"'),
        _item("add", "subject", "occupation", "", "baker", "sells bread"),
        _item("add", "subject", "residence", "", "Paris", "lives in Paris"),
        _item("add", "subject", "hobbies", "", "reading", "read"),  # it stands in "bread" alone
    ]
    got = await extract(text, ScriptedModel(_reply(*said)), name="Bela Dorn", seed=1)
    held = {a.key: a for a in got.profile.attributes}
    hold(set(held) == {"birth_place", "occupation"}, f"it kept {sorted(held)}")
    for key, one in held.items():
        hold(one.evidence, f"{key} has no evidence")
        for span in one.evidence:
            hold(text[span.start : span.end] == span.text, f"{span.text!r} is not in the text")
    return "4 values told, 2 stand in the text word for word, 2 dropped"


@proof(NAME, "F1 counts pairs: lists in any order, a pair told twice once, keys by their meaning")
def pairs_by_hand(f1: F1 = evaluate.profile_f1) -> str:
    true = Profile(
        name="Ada",
        attributes=_pairs(
            ("birth_date", "4 July 1961"), ("children", "Noa"), ("children", "Ivo"),
            ("occupation", "baker"), ("awards", "Silver Compass"),
        ),
    )  # fmt: skip
    found = Profile(
        name="Ada",
        attributes=_pairs(
            ("born", "1961-07-04"), ("child", "Ivo"), ("children", "Noa"), ("children", "Ivo"),
            ("job", "cook"),
        ),
    )  # fmt: skip
    got = f1(found, true)
    counts = (got.right, got.found, got.true)
    hold(counts == (3, 4, 5), f"right, found, true are {counts} instead of (3, 4, 5)")
    hold(abs((got.f1 or 0) - 6 / 9) < 1e-9, f"F1 is {got.f1} instead of 6/9")
    return "3 right of 4 found and 5 true: precision 0.75, recall 0.6, F1 0.667"


@proof(NAME, "five texts of known effect: each is read right, and no key drifts that none touched")
async def no_drift(update: Update = profile.update) -> str:
    people = profile.invent(12, seed=5)
    rows = []

    async def write(planned: Planned, seed: int) -> str:
        return profile.plain_note(planned)

    for person in people:

        async def read(mine: Profile, text: str, seed: int, when: str) -> Updated:
            return await update(mine, text, plain_reader(), when=when, seed=seed)

        rows += await profile.follow(
            person, write, read, steps=5, values=profile.values_by_key(people),
            others=[p.name for p in people], seed=3,
        )  # fmt: skip
    said = {one.name: one for one in evaluate.update_figures(rows)}
    hold(said["update_right"].value == 1, f"{said['update_right']}")
    hold(said["updated_f1"].value == 1, f"{said['updated_f1']}")
    hold(said["drift_of_untouched_keys"].value == 0, f"{said['drift_of_untouched_keys']}")
    quiet = said["drift_of_untouched_keys"].n
    return f"{len(rows)} notes about 12 people: all read right, 0 of {quiet} untouched keys changed"


async def _lived(update: Update) -> tuple[Profile, list[Change]]:
    held = BELA
    changes: list[Change] = []
    for month, (kind, key, old, new, text) in enumerate(LIFE, 1):
        person = "Greta Holm" if kind == "other" else "Bela"
        op = "replace" if kind == "replace" else "add"
        reader = ScriptedModel(_reply(_item(op, person, key, old, new, text)))
        got = await update(held, text, reader, when=f"2025-{month:02d}", seed=1)
        held = got.profile
        changes += got.changes
    return held, changes


def _pairs(*pairs: tuple[str, str]) -> tuple[Attribute, ...]:
    return tuple(Attribute(key=key, value=value) for key, value in pairs)


def _item(op: str, person: str, key: str, old: str, new: str, evidence: str) -> dict[str, str]:
    return {
        "op": op, "person": person, "key": key, "old": old, "value": new, "evidence": evidence,
    }  # fmt: skip


def _reply(*items: dict[str, str]) -> str:
    return json.dumps({"facts": items}, ensure_ascii=False)


def _reader(item: tuple[str, str, str, str, str]) -> ScriptedModel:
    op, key, old, new, evidence = item
    return ScriptedModel(_reply(_item(op, "Bela", key, old, new, evidence)))


def plain_reader() -> ScriptedModel:
    """Reads the notes of `profile.plain_note`, without knowing what they are to tell."""

    def read(call: Any) -> str:
        text = call.messages[-1].content.partition("<text>")[2].partition("</text>")[0]
        if text.startswith("Of late the "):
            key, _, rest = text.removeprefix("Of late the ").partition(" of ")
            person, _, values = rest.partition(" is ")
            new, _, old = values.rstrip(".").partition(", no longer ")
            return _reply(_item("replace", person, key, old, new, text))
        if text.startswith("News of "):
            person, _, rest = text.removeprefix("News of ").partition(": under ")
            key, _, new = rest.rstrip(".").partition(" we now read ")
            return _reply(_item("add", person, key, "", new, text))
        return _reply()

    return ScriptedModel(by_task={"profile.update": read})
