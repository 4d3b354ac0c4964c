"""ip-dialog end to end with its actor: an ordinary function, no runner, no folder."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dramaturg import dataset, persona
from dramaturg.errors import UserError
from dramaturg.models import Call, ScriptedModel
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.recipes.hint_requests import plan_cells, spoken
from dramaturg.recipes.hints import HintItem
from dramaturg.recipes.ip_dialog import ip_dialog
from dramaturg.recipes.recipe import Made
from dramaturg.records import Drop
from dramaturg.store import notes
from tests.recipes.actors import ip_dialog as acting

EMBEDDER = EmbeddedModel()


async def play(model: ScriptedModel | None = None, **changes: Any) -> Made:
    model = model or acting.actor()
    return await ip_dialog(model, model, model, EMBEDDER, **{**acting.SETTINGS, **changes})


def replaced(faults: dict[str, Any]) -> ScriptedModel:
    model = acting.actor()
    model._by_task.update(faults)
    return model


class Heard:
    def __init__(self) -> None:
        self.drops: list[Drop] = []

    def note(self, record: msgspec.Struct) -> None:
        self.drops += [record] if isinstance(record, Drop) else []

    def progress(self, *_: object) -> None: ...


def items_of(made: Made) -> list[HintItem]:
    return list(made.tables["items"])  # type: ignore[arg-type]


async def test_each_related_attribute_has_its_round_and_none_is_said_aloud() -> None:
    made = await play()
    grid, items = persona.load_grid(), items_of(made)
    assert len(items) == len(made.conversations) == 20
    talks = {talk.scene_id: talk for talk in made.conversations}
    for item in items:
        assert len(item.history) == len(item.told) == len(item.related) == len(item.tries)
        for name, (said, _) in zip(item.told, item.history, strict=True):
            assert acting.code(name, item.attributes[name]) in said
        assert spoken(grid, item.attributes, [t for r in item.history for t in r]) == []
        assert not spoken(grid, item.attributes, [item.request])
        talk = talks[item.id]
        assert [turn.text for turn in talk.turns] == [t for r in item.history for t in r]
        assert (talk.split, talk.scene["told"]) == (item.split, list(item.told))
    assert Counter(item.kind for item in items) == dict.fromkeys({i.kind for i in items}, 2)
    assert len({item.person for item in items}) == 20


async def test_what_was_refused_is_counted_and_figures_say_over_what() -> None:
    made = await play()
    items = items_of(made)
    refused = sum((Counter(item.refused) for item in items), Counter())
    tries = sum(sum(item.tries) for item in items)
    rounds = sum(len(item.history) for item in items)
    assert tries == rounds + refused.total()
    assert set(refused) == {"said aloud", "not told"}
    figures = {row["name"]: row for row in made.report["figures"]}
    assert figures["tries"]["value"] == pytest.approx(tries / rounds, abs=1e-6)
    assert (figures["said aloud"]["value"], figures["said aloud"]["n"]) == (0, rounds)
    assert figures["always yes"]["n"] == 4


async def test_the_controls_show_chance_and_the_ceiling() -> None:
    figures = {row["name"]: row["value"] for row in (await play()).report["figures"]}
    assert figures["attribute types, with own history"] == 1.0
    assert figures["attribute types, with another's history"] < 0.3
    assert "attribute types, with attributes given" not in figures
    assert figures["answers, with attributes given"] > 0.99


async def test_splits_share_no_user() -> None:
    made = await play(conversations=40)
    by_id = {talk.id: talk.split for talk in made.conversations}
    assert set(by_id.values()) == {"train", "validation", "test"}
    assert dataset.leaks(made.conversations, by_id) == []


@pytest.mark.parametrize(
    ("settings", "readings"),
    [({"layout": "none"}, 0), ({"controls": False}, 20), ({"layout": "direct"}, 60)],
)
async def test_readers_are_asked_as_often_as_it_is_said(
    settings: dict[str, Any], readings: int
) -> None:
    model = acting.actor()
    made = await play(model, **settings)
    asked = [call for call in model.calls if call.task.startswith("request.answer.")]
    assert len(asked) == readings
    figures = {row["name"] for row in made.report["figures"]}
    if settings.get("layout") == "direct":
        assert "attribute types, with own history" not in figures, "nothing was asked of them"
        assert "answers, with own history" in figures


async def test_an_attribute_that_never_shows_drops_its_item_with_the_reason() -> None:
    heard, model = Heard(), replaced({"judge.reveals": "No\nWhy: nothing of it shows."})
    with notes.listening(heard):
        made = await play(model, conversations=10, tries=2)
    assert (items_of(made), len(made.conversations)) == ([], 0)
    assert made.report["figures"] == []
    drops = [drop for drop in heard.drops if drop.kind == "item"]
    assert len(drops) == 10
    assert {drop.reason_class for drop in drops} <= {"not told", "said aloud"}
    assert all(" after 2 tries: " in drop.reason for drop in drops)
    assert any("0 of 10 were made" in note for note in made.notes)


async def test_a_round_that_denies_is_improved_with_the_judge_s_words() -> None:
    def judge(call: Call) -> str:
        first = "<try>" not in writing[-1] if writing else True
        return "Yes\nWhy: the farm is no city." if first else "No"

    writing: list[str] = []

    def hint(call: Call) -> str:
        writing.append(call.messages[-1].content)
        name, value = acting.part(writing[-1], "attribute").split(": ", 1)
        return f"User: With my {acting.code(name, value)}?\nAssistant: Yes."

    model = replaced({"judge.clashes": judge, "round.implicit": hint})
    made = await play(model, conversations=1, layout="none")
    (item,) = items_of(made)
    assert set(item.tries) == {2}
    assert item.refused == {"clash": len(item.told)}
    assert "- clash: the farm is no city." in writing[1]


async def test_a_round_that_cannot_be_read_or_judged_is_written_again() -> None:
    def judge(call: Call) -> str:
        return "Perhaps" if "<try>" not in call.messages[-1].content and len(seen) < 3 else "Yes"

    seen: list[str] = []

    def hint(call: Call) -> str:
        seen.append(call.messages[-1].content)
        name, value = acting.part(call.messages[1].content, "attribute").split(": ", 1)
        good = f"User: With my {acting.code(name, value)}?\nAssistant: Yes."
        return "no round at all" if len(seen) <= 2 else good

    model = replaced({"round.implicit": hint, "judge.reveals": judge})
    made = await play(model, conversations=1, layout="none")
    (item,) = items_of(made)
    assert item.tries[0] == 2
    assert item.refused == {"unreadable": 1}
    assert "- unreadable: two lines were wanted" in seen[2]
    silent = replaced({"judge.reveals": "Perhaps"})
    heard = Heard()
    with notes.listening(heard):
        none = await play(silent, conversations=1, layout="none", tries=3)
    assert items_of(none) == []
    assert {d.reason_class for d in heard.drops if d.kind == "item"} <= {"not judged", "said aloud"}


async def test_repeated_requests_are_dropped_before_anything_is_paid_for_them() -> None:
    same = "\n".join(
        f"{i}. How do kites go with tea, rum or snow in the winter months?" for i in range(1, 9)
    )
    tasks = {"request.write": same}
    heard, model = Heard(), replaced(tasks)
    with notes.listening(heard):
        made = await play(model, conversations=10, layout="none")
    assert len(items_of(made)) == 1
    assert sum(call.task == "request.gold" for call in model.calls) == 1
    assert "duplicate" in {drop.reason_class for drop in heard.drops}


async def test_a_grid_and_kinds_of_one_s_own(tmp_path: Path) -> None:
    grid, kinds = tmp_path / "grid.json", tmp_path / "kinds.json"
    grid.write_text(json.dumps({"attributes": {"pet": ["cat", "dog"], "boat": ["kayak", "raft"]}}))
    kind = {
        "name": "decide", "does": "decide", "request": "They ask whether to.", "form": "yes or no",
        "answer": "yes or no", "domains": ["water"],
    }  # fmt: skip
    kinds.write_text(json.dumps({"kinds": [kind]}))
    made = await play(grid=grid, tasks=kinds, conversations=3)
    items = items_of(made)
    assert {tuple(item.attributes) for item in items} == {("pet", "boat")}
    assert {(item.kind, item.domain) for item in items} == {("decide", "water")}


async def test_a_bad_file_is_refused_before_the_first_call(tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_bytes(b"")
    for given in ({"grid": tmp_path / "empty.json"}, {"tasks": tmp_path / "none.json"}):
        model = acting.actor()
        with pytest.raises(UserError, match="cannot read"):
            await play(model, **given)
        assert model.calls == []


def test_calls_for_requests_cover_kinds_and_fields_equally() -> None:
    from dramaturg.generate import load_request_kinds

    kinds = load_request_kinds()
    for count in (1, 20, 1_000, 10_000):
        cells = plan_cells(kinds, count)
        by_kind = Counter[str]()
        for cell in cells:
            by_kind[cell.kind.name] += cell.count
            assert 1 <= cell.count <= 10
        assert min(by_kind.values()) * 10 >= count
        assert max(by_kind.values()) - min(by_kind.values()) == 0
        assert len({(c.kind.name, c.domain, c.number) for c in cells}) == len(cells)
