"""The annotation server by its answers, the page in a file by its text, the report by numbers."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from aiohttp.test_utils import TestClient, TestServer

from dramaturg.cli import study_text
from dramaturg.errors import UserError
from dramaturg.records import Comparison, Conversation, Evidence, Verdict, to_json
from dramaturg.store import RunFolder
from dramaturg.study import Study, plan_study, questions_for, take_in
from dramaturg.viewer import Guard
from dramaturg.viewer.annotate import (
    Said,
    begin,
    read_verdicts,
    report_of,
    study_app,
    write_page,
)
from dramaturg.viewer.annotate.routes import data_block
from tests.study.made import answer_all, right, study, talk, talks, write

Client = TestClient[Any, Any]
Open = Callable[..., Awaitable[Client]]
ATTACK = "</script><img src=x onerror=alert(1)>\u202egnp.exe"


@pytest.fixture
async def serving() -> AsyncIterator[Open]:
    clients: list[Client] = []

    async def start(made: Study, token: str | None = None) -> Client:
        guard = Guard(host="127.0.0.1", token=token, writes=True)
        client = TestClient(TestServer(study_app(made, guard)))
        await client.start_server()
        clients.append(client)
        return client

    yield start
    for client in clients:
        await client.close()


async def ask(client: Client, where: str, **body: Any) -> tuple[int, dict[str, Any]]:
    origin = f"http://{client.host}:{client.port}"
    reply = await client.post(f"/annotate/{where}", json=body, headers={"Origin": origin})
    return reply.status, await reply.json()


async def test_an_annotator_joins_answers_and_goes_on_after_a_new_start(
    tmp_path: Path, serving: Open
) -> None:
    made = study(tmp_path / "s", "likert", 4)
    client = await serving(made)
    status, said = await ask(client, "join", name=" Ann ")
    assert (status, said) == (200, {"name": "ann", "history": [], "done": 0, "total": 5})
    _, said = await ask(client, "next", name="Ann")
    item = said["item"]["id"]
    answer = right(made, item)
    assert await ask(
        client, "save", name="Ann", item=item, answer=answer, done=True, seconds=4
    ) == (
        200,
        {"done": 1, "total": 5},
    )
    made.close()
    client = await serving(Study(tmp_path / "s"))
    _, said = await ask(client, "join", name="ann")
    assert said["history"] == [item]
    _, said = await ask(client, "item", name="Ann", item=item)
    assert said["answer"] == {"answer": answer, "done": True, "seconds": 4.0}


async def test_no_answer_of_the_server_holds_a_key(tmp_path: Path, serving: Open) -> None:
    for task in ("turing", "faithfulness"):
        made = study(tmp_path / task, task, 4)
        client = await serving(made)
        told = [await (await client.get("/")).text()]
        await ask(client, "join", name="Ann")
        while True:
            _, said = await ask(client, "next", name="Ann")
            told.append(json.dumps(said))
            if said["item"] is None:
                break
            item = said["item"]["id"]
            answer = right(made, item)
            _, kept = await ask(client, "save", name="Ann", item=item, answer=answer, done=True)
            told.append(json.dumps(kept))
        everything = "\n".join(told)
        ids = [row.id for row in made.conversations()]
        for word in ("same_people", '"check"', "passed", "planted", "against", *ids):
            assert word not in everything, word


async def test_what_is_wrong_is_refused_in_words(tmp_path: Path, serving: Open) -> None:
    made = study(tmp_path / "s", "likert", 4)
    client = await serving(made)
    assert await ask(client, "next", name="Ann") == (
        400,
        {"error": "this name is new here: load the page again and start with it"},
    )
    await ask(client, "join", name="Ann")
    await ask(client, "join", name="Ben")
    _, said = await ask(client, "next", name="Ann")
    item = said["item"]["id"]
    status, said = await ask(client, "save", name="Ben", item=item, answer={}, done=True)
    assert (status, said["error"]) == (400, "this item was not shown to you")
    for answer in ({}, {"ratings": {"natural": 11}}, None):
        status, said = await ask(client, "save", name="Ann", item=item, answer=answer, done=True)
        assert status == 400
        assert said["error"]
    for name in ("", "\x00", 7, None):
        status, _ = await ask(client, "join", name=name)
        assert status == 400
    origin = {"Origin": f"http://{client.host}:{client.port}"}
    for body, kind in ((b"{", "application/json"), (b'{"name": "Eve"}', "text/plain")):
        headers = {**origin, "Content-Type": kind}
        assert (await client.post("/annotate/join", data=body, headers=headers)).status == 400
    assert made.clicks() == 0
    assert list(made.annotators().values()) == ["Ann", "Ben"]


async def test_a_full_disk_is_told_and_the_answer_is_not_called_saved(
    tmp_path: Path, serving: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = study(tmp_path / "s", "flags", 4)
    client = await serving(made)
    await ask(client, "join", name="Ann")
    _, said = await ask(client, "next", name="Ann")

    def full(*_: object) -> None:
        raise UserError("study.sqlite cannot be used", why="database or disk is full")

    monkeypatch.setattr(made, "_write", full)
    item = said["item"]["id"]
    status, said = await ask(client, "save", name="Ann", item=item, answer={"flags": []}, done=True)
    assert status == 500
    assert "disk is full" in said["error"]
    assert "study.sqlite" not in said["error"]  # its folder is named after the dataset


async def test_seconds_that_no_float_can_hold_are_no_seconds(tmp_path: Path, serving: Open) -> None:
    made = study(tmp_path / "s", "flags", 4)
    client = await serving(made)
    await ask(client, "join", name="Ann")
    _, said = await ask(client, "next", name="Ann")
    about = {"name": "Ann", "item": said["item"]["id"], "answer": {"flags": []}, "done": True}
    status, _ = await ask(client, "save", **about, seconds=10**400)
    assert status == 200
    assert made.answers()[0].seconds == 0.0


async def test_what_a_file_brought_can_be_gone_back_to(tmp_path: Path, serving: Open) -> None:
    made = study(tmp_path / "s", "flags", 4)
    item = next(iter(made.items))
    answer = {"item": item, "answer": {"flags": []}, "done": True, "seconds": 1, "at": 1}
    file = {"study": made.id, "annotator": "Ann", "answers": [answer]}
    (tmp_path / "a.json").write_text(json.dumps(file), encoding="utf-8")
    take_in(made, tmp_path / "a.json")
    client = await serving(made)
    _, said = await ask(client, "join", name="Ann")
    assert said["history"] == [item]
    status, said = await ask(client, "item", name="Ann", item=item)
    assert (status, said["item"]["id"]) == (200, item)


async def test_only_the_server_s_own_page_may_write_and_nothing_by_get(
    tmp_path: Path, serving: Open
) -> None:
    made = study(tmp_path / "s", "likert", 4)
    client = await serving(made)
    body = {"name": "Eve"}
    for headers in ({}, {"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await client.post("/annotate/join", json=body, headers=headers)).status == 403
    assert (await client.get("/annotate/join", params=body)).status == 405
    away = {"Host": "evil.example", "Origin": "http://evil.example"}
    assert (await client.post("/annotate/join", json=body, headers=away)).status == 421
    assert made.annotators() == {}


async def test_on_the_network_the_token_is_needed_for_everything(
    tmp_path: Path, serving: Open
) -> None:
    client = await serving(study(tmp_path / "s", "likert", 4), token="s3cret")
    assert (await client.get("/")).status == 401
    status = (await client.post("/annotate/join", json={"name": "Eve"})).status
    assert status == 401
    assert (await client.get("/static/annotate.js")).status == 401
    assert (await client.get("/?token=s3cret")).status == 200
    assert (await ask(client, "join", name="Ann"))[0] == 200


def test_a_page_in_a_file_runs_its_own_script_only_and_reaches_nothing(tmp_path: Path) -> None:
    rows = [talk(n, "made", [ATTACK, "Hi.", f"I have {n} old dogs."]) for n in range(4)]
    plan = plan_study(questions_for("likert"), lambda: rows, count=4)
    arguments = {"seed": 13, "per_item": 2}
    with Study.make(tmp_path / "s", arguments, questions_for("likert"), plan) as made:
        assert write_page(made, tmp_path / "p.html") == 4  # one of them a check
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert "<img" not in page
    assert page.count("<script") == 3
    assert "\u202e" not in page
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    allowed = policy[1].replace("&#39;", "'")
    assert "default-src 'none'" in allowed
    assert "unsafe" not in allowed
    for body in re.findall(r"<script>(.*?)</script>", page, re.DOTALL):
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in allowed
    assert not re.search(r'(?:src|href)="(?!#)', page)
    setup = re.search(r'id="setup">(.*?)</script>', page, re.DOTALL)
    assert setup is not None
    held = json.loads(setup[1])
    assert any(i["shown"]["talk"]["turns"][0][1] == ATTACK for i in held["items"])


def test_data_in_a_page_cannot_close_its_element() -> None:
    block = str(data_block({"a": "</script><!--&amp;\u2028"}))
    assert not set(block) & set("<>&\u2028")
    assert json.loads(block) == {"a": "</script><!--&amp;\u2028"}


# The report


def test_the_report_of_a_detection_test_by_hand(tmp_path: Path) -> None:
    with study(tmp_path / "s", "turing", 10, per_item=3, checks=0.2) as made:
        for name, wrong in (("Ann", False), ("Ben", False), ("Cem", True)):
            answer_all(made, name, wrong=wrong)
        found = report_of(made)
        outcome = found["figures"]["human"]["outcome"]
        # right() finds the made one out; two of three vote so on each item
        assert (outcome["lose"]["hits"], outcome["win"]["hits"]) == (10, 0)
        assert outcome["items"] == 10
        assert outcome["votes"] == 30
        kappa = found["agreement"]["human"]["kappa"]
        assert (kappa["items"], kappa["raters"]) == (10, 3)
        assert kappa["value"] == pytest.approx(-0.5)  # (1/3 - 5/9) / (1 - 5/9)
        failed = {p["name"]: (p["checks_passed"], p["failed"]) for p in found["annotators"]}
        assert failed == {"Ann": (2, False), "Ben": (2, False), "Cem": (0, True)}
        assert found["notes"] == ["Cem passed 0 of 2 attention checks"]
        without = report_of(made, leave_out_failing=True)
        assert without["figures"]["human"]["outcome"]["votes"] == 20
        assert without["agreement"]["human"]["share"]["value"] == 1.0
        named = report_of(made, leave_out=["ANN", "Ben"])
        assert named["figures"]["human"]["outcome"]["win"]["hits"] == 10
        assert named["agreement"]["human"]["alpha"]["value"] is None


def test_the_report_of_faithfulness_by_hand(tmp_path: Path) -> None:
    with study(tmp_path / "s", "faithfulness", 5, per_item=2) as made:
        answer_all(made, "Ann")
        answer_all(made, "Ben")
        found = report_of(made)
        own = [i for i in made.items.values() if i.key.get("kind") == "own"]
        shown = sum(bool(right(made, i.id)["marks"]) for i in own)
        one = found["figures"]["ticks_majority"]
        assert one["recall"]["hits"] == shown > 0
        assert one["recall"]["n"] == len(own) == 20
        assert one["precision"]["value"] == 1.0
        assert one["n"] == 40
        assert set(found["figures"]["by_kind"]) == {"own", "negated", "other"}
        assert found["agreement"]["turn and fact"]["alpha"]["value"] == 1.0


def test_what_has_no_majority_is_left_out_of_every_figure_and_counted(tmp_path: Path) -> None:
    with study(tmp_path / "f", "flags", 4, per_item=2, checks=0) as made:
        for name, flags in (("Ann", ["toxic", "nonsense"]), ("Ben", ["toxic"])):
            person = made.join(name)
            while item := made.next_item(person):
                made.save(person, item.id, {"flags": flags}, done=True)
        figures = report_of(made)["figures"]
        toxic, nonsense = figures["toxic"], figures["nonsense"]
        assert (toxic["by_majority"]["hits"], toxic["by_majority"]["n"]) == (4, 4)
        assert (nonsense["by_majority"]["n"], nonsense["left_out"]) == (0, 4)
        assert "4 without one left out" in study_text.report(report_of(made))
    with study(tmp_path / "t", "faithfulness", 3, per_item=2, checks=0) as made:
        for name in ("Ann", "Ben"):
            person = made.join(name)
            while item := made.next_item(person):
                own = item.key["kind"] == "own"
                turn = next(
                    str(n)
                    for n, (who, _) in enumerate(item.shown["talk"]["turns"])
                    if who == item.shown["speaker"]
                )
                marks = {turn: "entail" if name == "Ann" else "contradict"} if own else {}
                made.save(person, item.id, {"marks": marks}, done=True)
        figures = report_of(made)["figures"]
        own = sum(i.key["kind"] == "own" for i in made.items.values())
        assert figures["ticks_majority"]["left_out"] == own
        assert figures["ticks_majority"]["n"] == len(made.items) - own
        assert figures["ticks_majority"]["recall"]["n"] == 0
        assert figures["conversations_contradicting"]["n"] == 0
        assert figures["conversations_unclear"] == 3
        told = study_text.report(report_of(made))
        assert f"majority: n = {len(made.items) - own}, {own} without a majority left out" in told
        assert "- (n = 0), 3 without a majority left out" in told


def verdicts_on(made: Study, scorer: str, bad: set[str], **more: Any) -> list[Verdict]:
    return [
        Verdict(
            subject=row.id,
            scorer=scorer,
            value=0.1 if row.id in bad else 0.9,
            passed=row.id not in bad,
            model="tiny",
            **(more if row.id in bad else {}),
        )
        for row in made.conversations()
    ]


def test_a_critic_is_held_against_the_flag_that_names_it(tmp_path: Path) -> None:
    with study(tmp_path / "s", "flags", 10, per_item=1, checks=0) as made:
        ids = sorted(row.id for row in made.conversations())
        ann = made.join("Ann")
        while item := made.next_item(ann):
            flagged = item.key["ids"][0] in ids[:4]
            flags = ["contradicts_fact"] if flagged else ["unnatural"]
            made.save(ann, item.id, {"flags": flags}, done=True)
        judged = verdicts_on(made, "faithfulness", set(ids[2:5]))
        (row,) = report_of(made, critics=[Said(verdicts=tuple(judged))])["critics"]
        assert row["question"] == "contradicts_fact"
        assert row["critic"] == {"scorer": "faithfulness", "version": "1", "model": "tiny"}
        assert (row["agree"]["n"], row["agree"]["problems"]) == (10, 4)
        assert row["agree"]["precision"]["value"] == pytest.approx(2 / 3)
        assert row["agree"]["recall"]["value"] == 0.5
        low, high = row["reliability"]["bins"][0], row["reliability"]["bins"][4]
        assert (low["n"], low["good"]["hits"]) == (3, 1)
        assert (high["n"], high["good"]["hits"]) == (7, 5)


def test_a_critic_is_held_against_people_turn_by_turn(tmp_path: Path) -> None:
    with study(tmp_path / "s", "faithfulness", 4, per_item=1, checks=0) as made:
        ann = made.join("Ann")
        denied: list[tuple[str, str]] = []
        while item := made.next_item(ann):
            deny = item.key["kind"] == "own" and item.shown["speaker"] == 0 and len(denied) < 2
            if deny:
                denied.append((item.key["ids"][0], item.key["fact_id"]))
            made.save(ann, item.id, {"marks": {"0": "contradict"} if deny else {}}, done=True)
        hit, fact = denied[0]
        evidence = (Evidence(turn=0, fact_id=fact), Evidence(turn=2, fact_id=fact))
        judged = verdicts_on(made, "faithfulness", {hit}, evidence=evidence)
        cells, talks_ = report_of(made, critics=[Said(verdicts=tuple(judged))])["critics"]
        assert (cells["question"], cells["over"]) == ("contradict", "turn and fact")
        assert cells["agree"]["n"] == 4 * 4 * 3  # talks, own facts asked, turns of a speaker
        assert cells["agree"]["problems"] == 2
        assert cells["agree"]["precision"]["value"] == 0.5
        assert cells["agree"]["recall"]["value"] == 0.5
        assert talks_["over"] == "conversations"
        assert talks_["agree"]["n"] == 4


def test_ratings_and_preferences_are_held_against_scores(tmp_path: Path) -> None:
    with study(tmp_path / "l", "likert", 6, per_item=1, checks=0) as made:
        ann = made.join("Ann")
        order = sorted(row.id for row in made.conversations())
        while item := made.next_item(ann):
            rating = 1 + order.index(item.key["ids"][0]) % 5
            names = [ask["name"] for ask in made.questions["ask"]]
            made.save(ann, item.id, {"ratings": dict.fromkeys(names, rating)}, done=True)
        judged = [
            Verdict(subject=i, scorer="depth", value=(n % 5) / 5) for n, i in enumerate(order)
        ] + [Verdict(subject=i, scorer="toxicity", value=(n % 5) / 5) for n, i in enumerate(order)]
        found = report_of(made, critics=[Said(verdicts=tuple(judged))])["critics"]
        ranks = {(r["critic"]["scorer"], r["question"]): r["ranks"]["value"] for r in found}
        assert ranks["depth", "natural"] == 1.0
        assert ranks["toxicity", "natural"] == -1.0  # harm is high where people like it
    with study(tmp_path / "p", "pairwise", 8, per_item=1, checks=0) as made:
        answer_all(made, "Ann")  # prefers the other dataset always
        theirs = {i.key["ids"][i.key["a"] == "data"] for i in made.items.values()}
        judged = verdicts_on(made, "depth", theirs)
        (row,) = report_of(made, critics=[Said(verdicts=tuple(judged))])["critics"]
        assert row["agree"]["same"]["hits"] == 0
        assert row["agree"]["n"] == 8
        judged = verdicts_on(made, "toxicity", theirs)  # their harm is low: as people prefer
        (row,) = report_of(made, critics=[Said(verdicts=tuple(judged))])["critics"]
        assert row["agree"]["same"]["hits"] == row["agree"]["n"] == 8


def a_run(folder: Path, count: int) -> list[Conversation]:
    """A run of kept conversations, each with a draft that lost to it under both experts."""
    kept = []
    with RunFolder.open(folder, {"recipe": "test", "settings": {"seed": 1}}, "1") as run:
        for n in range(count):
            keeper = msgspec.structs.replace(talk(n, "kept"), split="train")
            draft = talk(n, "lost")
            for row in (keeper, draft):
                run.journal.put("conversation", row.id, to_json(row))
            for scorer, winner in (("depth", keeper.id), ("likable", draft.id), ("dull", None)):
                one = Comparison(first=draft.id, second=keeper.id, scorer=scorer, winner=winner)
                run.journal.put("comparison", one.id, to_json(one))
            kept.append(keeper)
        for best, other in itertools.combinations(kept, 2):  # keepers compared: no pair of ours
            both = Comparison(first=best.id, second=other.id, scorer="depth", winner=best.id)
            run.journal.put("comparison", both.id, to_json(both))
        run.finish()
    return kept


def test_people_compare_keepers_with_drafts_that_lost_and_experts_stand_beside_them(
    tmp_path: Path,
) -> None:
    kept = {row.id for row in a_run(tmp_path / "run", 7)}  # one is for a check
    out = str(tmp_path / "s")
    made, _ = begin(
        str(tmp_path / "run"), task="pairwise", drafts=True, out=out, per_item=1, checks=0.1
    )
    with made:
        compared = [set(i.key["ids"]) for i in made.items.values() if "check" not in i.key]
        assert all(len(kept & pair) == 1 for pair in compared)
        ann = made.join("Ann")
        while item := made.next_item(ann):
            side = item.key.get("check", {}).get("side") or (
                "a" if item.key["ids"][0] in kept else "b"
            )
            made.save(ann, item.id, {"choices": {"overall": side}, "left": "a"}, done=True)
        found = report_of(made)
        assert found["figures"]["overall"]["outcome"]["win"]["hits"] == 6
        rows = {row["critic"]["scorer"]: row for row in found["critics"]}
        assert rows["depth"]["agree"]["same"]["hits"] == rows["depth"]["agree"]["n"] == 6
        assert rows["likable"]["agree"]["same"]["hits"] == 0
        assert (rows["dull"]["agree"]["n"], rows["dull"]["left_out"]) == (0, 0)
        assert rows["dull"]["even"] == 6  # its own ties, which are not the people's


def test_people_judge_the_pairs_of_compare_and_its_judges_stand_beside_them(
    tmp_path: Path,
) -> None:
    ours, theirs = talks(8, "made"), talks(8, "human")
    judged = [
        Comparison(first=a.id, second=b.id, scorer="more_human", model="judge", winner=b.id)
        for a, b in zip(ours[:5], theirs[:5], strict=True)
        for _ in range(2)
    ]
    judged[0] = msgspec.structs.replace(judged[0], winner=ours[0].id)  # once each: no winner
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "comparisons.jsonl").write_text("\n".join(map(to_json, judged)))
    made, notes = begin(
        str(write(tmp_path / "ours.jsonl", ours)),
        task="turing",
        against=str(write(tmp_path / "humans.jsonl", theirs)),
        pairs_of=str(tmp_path / "c"),
        out=str(tmp_path / "s"),
        per_item=1,
        checks=0,
    )
    with made:
        assert "in 5 of 5 pairs the same people talk" in notes
        answer_all(made, "Ann")  # names the human side each time
        for critics in ([], [read_verdicts(tmp_path / "c", {r.id for r in [*ours, *theirs]})]):
            (row,) = report_of(made, critics=critics)["critics"]
            assert row["critic"] == {"scorer": "more_human", "version": "1", "model": "judge"}
            assert (row["agree"]["n"], row["left_out"], row["even"]) == (4, 0, 1)
            assert row["agree"]["same"]["hits"] == 4


def test_verdicts_are_read_from_the_folder_of_critique_and_broken_lines_told(
    tmp_path: Path,
) -> None:
    with study(tmp_path / "s", "likert", 4, checks=0) as made:
        judged = verdicts_on(made, "toxicity", set())
        subjects = {v.subject for v in judged}
    (tmp_path / "v").mkdir()
    lines = [to_json(v) for v in judged] + [
        "broken",
        to_json(Verdict(subject="c-0", scorer="x", value=1)),
    ]
    (tmp_path / "v" / "verdicts.jsonl").write_text("\n".join(lines))
    found = read_verdicts(tmp_path / "v", subjects)
    assert found.verdicts == tuple(judged)
    assert len(found.broken) == 1
    assert "line 5" in found.broken[0]


def test_a_table_of_facts_is_held_against_people_with_its_probabilities(tmp_path: Path) -> None:
    with study(tmp_path / "s", "faithfulness", 4, per_item=1, checks=0) as made:
        answer_all(made, "Ann")
        rows = []
        for row in made.conversations():
            for turn, said in enumerate(row.turns):
                speaker = row.speakers[said.speaker]
                for fact_id, fact in zip(speaker.fact_ids, speaker.persona, strict=True):
                    word = fact.split()[-1].strip(".").lower()
                    p = 0.95 if word in said.text.lower() else 0.05
                    base = {"conversation": row.id, "turn": turn, "fact_id": fact_id}
                    label = "entail" if p > 0.5 else "silent"
                    rows.append({**base, "whose": "own", "label": label, "p_entail": p,
                                 "p_contradict": 0.0})  # fmt: skip
                    rows.append({**base, "whose": "partner", "label": "contradict",
                                 "p_entail": 0.0, "p_contradict": 1.0})  # fmt: skip
        judged = verdicts_on(made, "toxicity", set())
        (tmp_path / "v").mkdir()
        (tmp_path / "v" / "verdicts.jsonl").write_text("\n".join(map(to_json, judged)))
        (tmp_path / "v" / "report.json").write_text('{"critic": "tiny"}')
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "v" / "facts.parquet")
        read = read_verdicts(tmp_path / "v", {row.id for row in made.conversations()})
        found = report_of(made, critics=[read])["critics"]
        entail = found[0]
        assert (entail["critic"]["scorer"], entail["critic"]["model"]) == ("fact table", "tiny")
        assert entail["question"] == "entail"
        assert entail["agree"]["n"] == 4 * 4 * 3
        assert entail["agree"]["same"]["value"] == 1.0
        assert entail["agree"]["problems"] > 0
        assert entail["reliability"]["error"] == pytest.approx(0.05)


def test_released_conversations_meet_the_human_ones_of_the_same_people(
    tmp_path: Path, shared_data: Path
) -> None:
    ours = shared_data / "synthetic-persona-chat" / "valid.jsonl.gz"
    theirs = shared_data / "personachat" / "valid.jsonl.gz"
    if not ours.is_file() or not theirs.is_file():
        pytest.skip("the two corpora are not among the shared data")
    made, notes = begin(
        str(ours), task="turing", against=str(theirs), count=20, even=True, out=str(tmp_path / "s")
    )
    with made:
        assert "in 20 of 20 pairs the same people talk" in notes
        texts = [text for i in made.items.values() for side in i.shown["sides"]
                 for _, text in side["turns"]]  # fmt: skip
        assert len(texts) > 300
        assert not [text for text in texts if text != text.lower() or " ?" in text or " ." in text]


def test_a_study_is_made_once_and_gone_on_with(tmp_path: Path) -> None:
    data = write(tmp_path / "ours.jsonl", talks(6, "made"))
    out = str(tmp_path / "s")
    made, notes = begin(str(data), task="likert", out=out, count=10)
    assert notes == ["the data gives 5 conversations for items, not 10"]  # one is for a check
    first = made.id
    made.close()
    data.unlink()  # the study holds all it shows
    made, notes = begin(str(data), task="likert", out=out, count=10)
    assert made.id == first
    assert notes == [f"goes on with the study in {out}"]
    made.close()
    made, notes = begin(out)
    assert (made.id, notes) == (first, [])
    made.close()
