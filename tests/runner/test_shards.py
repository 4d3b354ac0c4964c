"""A run in shards is the whole run: the same bytes, whatever the number; gaps are told."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import os
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from dramaturg import runner
from dramaturg.cli.main import cli
from dramaturg.errors import PartEnds, RunFolderError, UserError
from dramaturg.models.budget import Budget
from dramaturg.recipes.recipe import all_recipes, find_recipe
from dramaturg.runner.shards import (
    Shard,
    ShardPart,
    check_shards,
    outcome_file,
    read_round,
    read_shard,
    round_file,
)
from dramaturg.store import RunFolder
from dramaturg.store.parts import Kept
from tests.models.stub_endpoint import Act, Seen, StubEndpoint, refuses, running, says
from tests.runner.actor import WRITES
from tests.runner.test_endpoint import FACTS, answering, data_of, seen, start
from tests.runner.test_endpoint import dramaturg as command

SETTINGS: dict[str, Any] = {
    "personas": FACTS, "conversations": 7, "rounds": 2, "drafts": 2, "new_facts": 6,
    "query_steps": 3, "people": 14,
}  # fmt: skip


def planned(stub: StubEndpoint, out: Path, **more: Any) -> runner.Plan:
    models = [f"openai:actor@{stub.url}", "embedder=embedded"]
    return runner.plan("synthetic-persona-chat", {**SETTINGS, **more}, models, out)


async def shard(stub: StubEndpoint, home: Path, name: str, **more: Any) -> runner.Run:
    return await runner.perform_shard(planned(stub, home, **more), read_shard(name))


async def all_shards(stub: StubEndpoint, home: Path, of: int, **more: Any) -> list[Path]:
    """Each shard again and again until it is finished."""
    for _ in range(more.get("rounds", 2)):
        made = [await shard(stub, home, f"{n}/{of}", **more) for n in range(1, of + 1)]
    assert [one.state for one in made] == ["finished"] * of
    return [one.path for one in made]


@pytest.fixture
async def whole(tmp_path: Path) -> Any:
    """The run without shards, and the server that it asked."""
    async with running(answering()) as stub:
        made = await runner.perform(planned(stub, tmp_path / "whole"))
        assert made.state == "finished"
        yield made, stub


def calls_in(folder: Path) -> int:
    """Finished calls in a journal."""
    with RunFolder.read(folder) as run:
        return sum(cost.calls for cost in run.journal.totals().values())


def same_figures(one: dict[str, Any], other: dict[str, Any]) -> None:
    for name in ("rounds", "steps", "splits", "bad_replies", "notes", "grounded"):
        told, again = (json.loads(json.dumps(report[name])) for report in (one, other))
        for rows in (told, again):
            for row in rows if name == "rounds" else ():
                row.pop("seconds")
                row["cost"].pop("seconds", None)
        assert told == again, name


@pytest.mark.parametrize("of", [1, 2, 3, 5])
async def test_any_number_of_shards_makes_the_bytes_and_the_figures_of_the_whole_run(
    whole: tuple[runner.Run, StubEndpoint], tmp_path: Path, of: int
) -> None:
    made, stub = whole
    calls = {one.raw for one in stub.seen}
    stub.seen.clear()
    folders = await all_shards(stub, tmp_path / "home", of)
    assert {one.raw for one in stub.seen} == calls
    assert sum(map(calls_in, [tmp_path / "home" / "common", *folders])) == calls_in(made.path)
    stub.seen.clear()
    merged = await runner.merge_shards(folders, tmp_path / "merged")
    assert merged.state == "finished"
    assert not stub.seen
    assert data_of(tmp_path / "merged") == data_of(made.path) != {}
    same_figures(made.report, merged.report)
    with RunFolder.read(made.path) as one, RunFolder.read(merged.path) as other:
        assert {c["key"]: c["reply"] for c in one.journal.calls()}.keys() == {
            c["key"] for c in other.journal.calls()
        }


async def test_bad_replies_and_pairs_that_failed_are_the_same_in_shards(tmp_path: Path) -> None:
    def bad(seen: Seen, _: int) -> Act | None:
        """A third of the replies cannot be used: which ones depends on what is asked alone."""
        if seen.body["messages"][0]["content"].startswith(WRITES):
            kind = hashlib.blake2b(seen.raw, digest_size=1).digest()[0] % 6
            return [Act(says("I would rather not.")), Act(says("")), *[None] * 4][kind]
        return None

    async with running(answering(bad)) as stub:
        made = await runner.perform(planned(stub, tmp_path / "whole"))
        folders = await all_shards(stub, tmp_path / "home", 3)
        again = await shard(stub, tmp_path / "home", "2/3")  # a finished one is looked at again
        assert again.state == "finished"
        merged = await runner.merge_shards(folders, tmp_path / "merged")
    assert made.report["bad_replies"]
    assert any(row["dropped"] for row in made.report["rounds"])
    same_figures(made.report, merged.report)
    assert data_of(tmp_path / "merged") == data_of(made.path) != {}


async def test_vectors_of_an_endpoint_are_paid_once_and_found_by_the_merge(tmp_path: Path) -> None:
    async with running(answering()) as stub:

        def of(out: Path) -> runner.Plan:
            ask = f"openai:actor@{stub.url}"
            models = [ask, f"embedder={ask}"]
            return runner.plan("synthetic-persona-chat", {**SETTINGS, "rounds": 1}, models, out)

        made = await runner.perform(of(tmp_path / "whole"))
        for n in (1, 2):
            await runner.perform_shard(of(tmp_path / "home"), Shard(n, 2))
        stub.seen.clear()
        folders = sorted((tmp_path / "home").glob("shard-*"))
        merged = await runner.merge_shards(folders, tmp_path / "merged")
        assert merged.state == "finished"
        assert not stub.seen
    assert made.report["totals"]["embedder/embed"]["calls"] > 0
    told = (merged.report["totals"], made.report["totals"])
    assert [one["embedder/embed"]["calls"] for one in told] == [
        made.report["totals"]["embedder/embed"]["calls"]
    ] * 2
    assert data_of(tmp_path / "merged") == data_of(made.path)


async def test_the_merged_folder_is_the_run_itself_and_goes_on_as_one(
    whole: tuple[runner.Run, StubEndpoint], tmp_path: Path
) -> None:
    made, stub = whole
    folders = await all_shards(stub, tmp_path / "home", 2)
    await runner.merge_shards(folders, tmp_path / "merged")
    before = len(stub.seen)
    again = await runner.perform(planned(stub, tmp_path / "merged"))
    assert again.state == "finished"
    assert len(stub.seen) == before
    assert data_of(tmp_path / "merged") == data_of(made.path)


async def test_pairs_of_similar_people_survive_their_way_through_the_common_folder(
    tmp_path: Path,
) -> None:
    more = {"pair_by": "similarity", "rounds": 1, "conversations": 4}
    async with running(answering()) as stub:
        made = await runner.perform(planned(stub, tmp_path / "whole", **more))
        folders = await all_shards(stub, tmp_path / "home", 3, **more)
        await runner.merge_shards(folders, tmp_path / "merged")
    assert data_of(tmp_path / "merged") == data_of(made.path) != {}


async def test_a_shard_says_which_shards_it_waits_for_and_goes_on_when_theirs_are_there(
    tmp_path: Path,
) -> None:
    async with running(answering()) as stub:
        first = await shard(stub, tmp_path, "1/3")
        assert first.state == "stopped"
        assert first.waits_for == ("2/3", "3/3")
        assert "it waits for shards 2/3, 3/3" in str(first.stopped)
        assert first.exit_code == 1
        asked = len(stub.seen)
        assert (await shard(stub, tmp_path, "1/3")).waits_for == ("2/3", "3/3")
        assert len(stub.seen) == asked  # nothing is paid for asking again
        await shard(stub, tmp_path, "2/3")
        third = await shard(stub, tmp_path, "3/3")  # the last one of the round goes straight on
        assert third.state == "finished"
        assert (await shard(stub, tmp_path, "1/3")).state == "finished"


async def test_shards_that_wait_for_each_other_all_come_to_their_end(tmp_path: Path) -> None:
    async with running(answering(delay_s=0.005)) as stub:
        made = await asyncio.gather(
            *(
                runner.perform_shard(planned(stub, tmp_path), Shard(n, 3), wait_s=60)
                for n in (1, 2, 3)
            )
        )
        assert [one.state for one in made] == ["finished"] * 3
        assert max(Counter(one.raw for one in stub.seen).values()) == 1  # nor the common part


async def test_with_one_round_no_shard_needs_another(tmp_path: Path) -> None:
    async with running(answering()) as stub:
        made = await shard(stub, tmp_path, "2/3", rounds=1)
    assert made.state == "finished"
    assert made.report["shard"] == {
        "shard": "2/3", "pairs": 2, "of_pairs": 7, "rounds": {"1": 2},
    }  # fmt: skip


async def test_more_shards_than_pairs_leaves_some_with_nothing_to_do(tmp_path: Path) -> None:
    async with running(answering()) as stub:
        made = await shard(stub, tmp_path, "9/12", rounds=1)
    assert made.state == "finished"
    assert made.report["shard"]["pairs"] == 0


async def test_what_all_share_is_made_once_and_may_be_made_alone_and_copied(
    whole: tuple[runner.Run, StubEndpoint], tmp_path: Path
) -> None:
    made, stub = whole
    alone = await shard(stub, tmp_path / "here", "0/2")
    assert alone.state == "finished"
    stub.seen.clear()
    homes = [tmp_path / f"node-{n}" for n in (1, 2)]
    for home in homes:
        shutil.copytree(tmp_path / "here", home)
    for n, home in enumerate(homes, 1):
        await shard(stub, home, f"{n}/2")
    for one, other, n in ((homes[0], homes[1], 2), (homes[1], homes[0], 1)):
        name = Shard(n, 2).name
        (one / name).mkdir()  # only what the others need is copied
        for file in (round_file(other / name, 1), other / name / "run.json"):
            shutil.copy(file, one / name / file.name)
    last = [await shard(stub, home, f"{n}/2") for n, home in enumerate(homes, 1)]
    assert [one.state for one in last] == ["finished"] * 2
    with RunFolder.read(homes[0] / "shard-001-of-002") as folder:
        tasks = {task for _, task in folder.journal.totals()}
    assert "persona.answer" not in tasks  # the steps before the loop belong to the common folder
    merged = await runner.merge_shards([one.path for one in last], tmp_path / "merged")
    assert merged.state == "finished"
    assert data_of(tmp_path / "merged") == data_of(made.path)


async def test_a_shard_on_a_scratch_disk_is_copied_to_the_shared_one_and_found_there_again(
    whole: tuple[runner.Run, StubEndpoint], tmp_path: Path
) -> None:
    made, stub = whole
    home = tmp_path / "home"

    async def on(disk: str, n: int) -> runner.Run:
        return await runner.perform_shard(planned(stub, home), Shard(n, 2), scratch=tmp_path / disk)

    assert (await on("disk-1", 1)).state == "stopped"
    assert (await on("disk-2", 2)).state == "finished"
    stub.seen.clear()
    shutil.rmtree(tmp_path / "disk-1")  # another machine goes on
    assert (await on("disk-3", 1)).state == "finished"
    assert not (home / "shard-001-of-002" / ".lock").exists()  # nobody worked there
    merged = await runner.merge_shards(sorted(home.glob("shard-*-of-002")), tmp_path / "merged")
    assert merged.state == "finished"
    assert data_of(tmp_path / "merged") == data_of(made.path)
    assert max(Counter(one.raw for one in stub.seen).values()) == 1


async def test_an_older_state_on_a_scratch_disk_never_replaces_a_later_one(tmp_path: Path) -> None:
    home = tmp_path / "home"

    async def on(disk: str, calls: int | None = None) -> runner.Run:
        return await runner.perform_shard(
            planned(stub, home, rounds=1), Shard(1, 2), scratch=tmp_path / disk,
            budget=lambda: Budget(max_calls=calls),
        )  # fmt: skip

    async with running(answering()) as stub:
        await runner.perform_shard(planned(stub, home, rounds=1), Shard(0, 2))
        assert (await on("disk-1", 5)).state == "stopped"
        assert (await on("disk-2", 15)).state == "stopped"
        assert calls_in(home / "shard-001-of-002") == 15
        assert (await on("disk-1", 16)).state == "stopped"  # the first machine again
        assert calls_in(home / "shard-001-of-002") == 16
        assert (await on("disk-1")).state == "finished"
        assert max(Counter(one.raw for one in stub.seen).values()) == 1


async def test_incomplete_shards_are_refused_by_name_and_merged_with_their_gaps_when_asked(
    whole: tuple[runner.Run, StubEndpoint], tmp_path: Path
) -> None:
    _, stub = whole
    home = tmp_path / "home"
    await shard(stub, home, "1/3", rounds=1)
    first = home / "shard-001-of-003"
    stopped = await runner.perform_shard(
        planned(stub, home, rounds=1), Shard(2, 3), budget=lambda: Budget(max_calls=12)
    )
    assert stopped.state == "stopped"
    with pytest.raises(UserError) as refused:
        await runner.merge_shards([first, stopped.path], tmp_path / "merged")
    assert "missing: 3/3; not finished: 2/3" in refused.value.why
    merged = await runner.merge_shards([first, stopped.path], tmp_path / "merged", incomplete=True)
    assert merged.state == "stopped"
    assert merged.exit_code == 1
    (row,) = merged.report["rounds"]
    dropped = [r["reason"] for r in pq.read_table(tmp_path / "merged" / "dropped").to_pylist()]
    gaps = [reason for reason in dropped if reason.startswith("shard ")]
    assert len([g for g in gaps if g.startswith("shard missing: 3/3")]) == 2
    assert len([g for g in gaps if g.startswith("shard incomplete: 2/3")]) >= 1
    assert row["pairs"] == 7 == row["kept"] + row["failed"]
    assert f"{len(gaps)} pairs are in shards that are missing or incomplete" in merged.notes[0]
    assert "nothing survived" not in merged.notes[0]
    # and with the rest it is the whole
    await shard(stub, home, "2/3", rounds=1)
    await shard(stub, home, "3/3", rounds=1)
    done = await runner.merge_shards(sorted(home.glob("shard-*")), tmp_path / "merged")
    assert done.state == "finished"
    one_round = await runner.perform(planned(stub, tmp_path / "one", rounds=1))
    assert data_of(tmp_path / "merged") == data_of(one_round.path)


async def test_a_merge_with_gaps_goes_on_as_a_run_and_asks_only_for_what_is_missing(
    whole: tuple[runner.Run, StubEndpoint], tmp_path: Path
) -> None:
    made, stub = whole
    stub.seen.clear()
    home = tmp_path / "home"
    for n in (1, 2):
        await shard(stub, home, f"{n}/3")
    merged = await runner.merge_shards(
        sorted(home.glob("shard-*")), tmp_path / "merged", incomplete=True
    )
    assert "round 2 was not begun" in str(merged.stopped)
    earlier = {one.raw for one in stub.seen}
    stub.seen.clear()
    done = await runner.perform(planned(stub, tmp_path / "merged"))
    assert done.state == "finished"
    assert data_of(tmp_path / "merged") == data_of(made.path)
    asked = [one.raw for one in stub.seen]
    assert asked
    assert len(asked) == len(set(asked))
    assert not earlier & set(asked)  # nothing that a shard had asked for


async def test_shards_that_do_not_belong_together_are_refused_in_a_sentence(
    tmp_path: Path,
) -> None:
    async with running(answering()) as stub:
        a = (await shard(stub, tmp_path / "a", "1/2", rounds=1)).path
        b = (await shard(stub, tmp_path / "b", "2/2", rounds=1, seed=14)).path
        c = (await shard(stub, tmp_path / "a", "1/3", rounds=1)).path
        copy = tmp_path / "copy"
        shutil.copytree(a, copy)
        cases = [
            ([a, b], "different runs"), ([a, copy], "given twice"), ([a, c], "overlap"),
            ([a, tmp_path], "not a shard"), ([tmp_path / "a" / "common"], "no shard"),
        ]  # fmt: skip
        for folders, said in cases:
            with pytest.raises(UserError, match=said) as refused:
                await runner.merge_shards(folders, tmp_path / "merged")
            assert not (tmp_path / "merged").exists()
            if said == "different runs":
                assert "seed: 13 in the one, 14 in the other" in refused.value.why
        with pytest.raises(RunFolderError, match="other arguments"):
            await shard(stub, tmp_path / "a", "2/2", rounds=1, seed=14)


async def test_a_file_of_a_round_that_was_cut_off_is_told_and_not_used(tmp_path: Path) -> None:
    async with running(answering()) as stub:
        await shard(stub, tmp_path, "1/2")
        file = round_file(tmp_path / "shard-001-of-002", 1)
        file.write_bytes(file.read_bytes()[:-20])
        with pytest.raises(RunFolderError, match="cut off or damaged"):
            await shard(stub, tmp_path, "2/2")


async def test_a_killed_shard_goes_on_and_repeats_no_more_than_was_in_flight(
    tmp_path: Path,
) -> None:
    words = ["--shard", "1/2", "--rounds", "1", "--in-flight", "4"]
    async with running(answering(delay_s=0.01)) as stub:
        process = await start(stub, tmp_path, *words)
        await seen(stub, 60, process)
        process.kill()
        await process.communicate()
        code, _, errors = await command(stub, tmp_path, *words)
        assert code == 0, errors
        again = sum(n - 1 for n in Counter(one.raw for one in stub.seen).values())
        assert 0 <= again <= 4
    assert len(list(read_round(round_file(tmp_path / "shard-001-of-002", 1)))) == 3


async def test_a_shard_whose_endpoint_fails_is_not_complete_and_asks_again(tmp_path: Path) -> None:
    def broken(_: Any, count: int) -> Act | None:
        return Act(refuses("no such thing"), status=404) if 70 <= count < 200 else None

    async with running(answering(broken)) as stub:
        first = await shard(stub, tmp_path, "1/2", rounds=1)
        assert first.state == "stopped"
        assert not round_file(first.path, 1).exists()
        stub.always = answering().always
        assert (await shard(stub, tmp_path, "1/2", rounds=1)).state == "finished"


async def test_a_pair_whose_call_got_no_reply_keeps_its_round_open_until_there_is_one(
    tmp_path: Path,
) -> None:
    def cut_off(seen: Seen, _: int) -> Act | None:
        """Every third draft is sent and never whole."""
        writes = seen.body["messages"][0]["content"].startswith(WRITES)
        third = hashlib.blake2b(seen.raw, digest_size=1).digest()[0] % 3 == 0
        return Act(b'{"choices": [', status=200) if writes and third else None

    async with running(answering(cut_off)) as stub:
        first = await shard(stub, tmp_path / "home", "1/2", rounds=1)
        assert first.state == "stopped"
        assert "got no reply" in str(first.stopped)
        assert not round_file(first.path, 1).exists()
        stub.always = answering().always
        folders = await all_shards(stub, tmp_path / "home", 2, rounds=1)
        await runner.merge_shards(folders, tmp_path / "merged")
        made = await runner.perform(planned(stub, tmp_path / "whole", rounds=1))
    assert data_of(tmp_path / "merged") == data_of(made.path)


def test_an_earlier_session_that_was_cut_off_does_not_write_into_the_files_of_the_next(
    tmp_path: Path,
) -> None:
    place = tmp_path / "shard-001-of-001"
    place.mkdir()

    def session() -> ShardPart:
        part = ShardPart(tmp_path, Shard(1, 1))
        part.begin(str, 2)
        assert list(part.mine(1)) == [0, 1]
        part.add(1, Kept(0, None), b'{"a": 1}')
        return part

    cut_off = session()
    second = session()
    second.add(1, Kept(1, None), b'{"b": 2}')
    with pytest.raises(PartEnds):
        second.end_round(1, last=True)
    cut_off.close()
    for file in (outcome_file(place, 1), round_file(place, 1)):
        assert [index for index, _, _ in read_round(file)] == [0, 1]


async def test_a_file_of_a_round_that_lacks_lines_is_not_taken_for_a_whole_one(
    tmp_path: Path,
) -> None:
    async with running(answering()) as stub:
        made = await shard(stub, tmp_path, "1/2", rounds=1)
    file = round_file(made.path, 1)
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    for some in (lines[:-1], [*lines[:-2], lines[-1]]):
        file.write_bytes(gzip.compress(b"".join(some)))
        with pytest.raises(RunFolderError, match="cut off or damaged"):
            list(read_round(file))


def test_a_recipe_whose_items_meet_at_more_places_is_refused_before_anything_is_paid() -> None:
    able = {name for name, one in all_recipes().items() if one.in_shards}
    assert "synthetic-persona-chat" in able
    for name in all_recipes().keys() - able:
        with pytest.raises(UserError, match="cannot be run in shards") as refused:
            check_shards(find_recipe(name))
        assert "synthetic-persona-chat" in refused.value.fix


@pytest.mark.parametrize("text", ["3", "3/2", "-1/2", "a/b", "1/0", "", "1/2/3"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="--shard cannot be"):
        read_shard(text)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--shard-wait 5", "--shard-wait is for --shard"),
        ("--scratch here", "--scratch is for --shard and --engine ray"),
        ("--serve-gpus 1", "are for --engine ray"),
        ("--engine ray --serve-gpus 1", "--serve-gpus needs --serve"),
        ("--engine ray --shard-wait 5", "--shard-wait is for --shard"),
        ("--shard 3", "--shard cannot be '3'"),
        ("--shard 1/2 --batch", "do not go together"),
    ],
)
def test_an_option_that_could_do_nothing_is_refused_and_so_is_its_estimate(
    words: str, said: str
) -> None:
    for more in ([], ["--estimate"]):
        ran = CliRunner().invoke(cli, ["run", "synthetic-persona-chat", *words.split(), *more])
        assert isinstance(ran.exception, UserError), ran.output
        assert said in str(ran.exception)


@pytest.mark.parametrize("words", ["--shard 1/2", "--engine ray"])
def test_a_recipe_that_cannot_be_divided_says_what_it_is_that_can(words: str) -> None:
    ran = CliRunner().invoke(cli, ["run", "big5-chat", *words.split(), "--estimate"])
    assert isinstance(ran.exception, UserError), ran.output
    assert "big5-chat cannot be run in shards" in str(ran.exception)
    assert "loop.improve" in ran.exception.why


async def test_the_commands_of_a_slurm_array_make_the_dataset(tmp_path: Path) -> None:
    async with running(answering()) as stub:
        code, _, errors = await command(stub, tmp_path / "whole")
        assert code == 0, errors
        home = tmp_path / "home"
        wait = ["--shard-wait", "60"]
        ran = await asyncio.gather(
            *(command(stub, home, "--shard", f"{n}/2", *wait, "--json") for n in (1, 2))
        )
        assert [code for code, _, _ in ran] == [0, 0], ran
        merged = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "dramaturg", "merge"),
            *(*map(str, sorted(home.glob("shard-*"))), "-o", str(tmp_path / "merged")),
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            env={k: v for k, v in os.environ.items() if not k.startswith("OPENAI")},
        )
        _, told = await merged.communicate()
        assert merged.returncode == 0, told.decode()
    assert data_of(tmp_path / "merged") == data_of(tmp_path / "whole") != {}
