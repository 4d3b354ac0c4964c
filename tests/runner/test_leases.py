"""A budget that is lent out holds, whatever the workers do, and nothing of it is left lying."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.errors import OutOfBudget
from dramaturg.models.budget import Budget
from dramaturg.records import Cost
from dramaturg.runner.leases import Leases, spent_in
from dramaturg.runner.shards import Shard
from dramaturg.store import Journal
from dramaturg.store.run_folder import JOURNAL_FILE

COMMON = Shard(0, 1)


def leases(limit: int, of: int, spent: int = 0) -> tuple[Leases, list[Shard]]:
    shards = [Shard(n, of) for n in range(1, of + 1)]
    before = {shard: Cost() for shard in shards} | {COMMON: Cost(calls=spent)}
    return Leases(Budget(max_calls=limit), shards, before), shards


def most_calls(given: Leases, shard: Shard) -> int:
    lease = given.give(shard)
    assert lease is not None
    assert lease.limits[1] is not None
    return lease.limits[1]


def test_each_shard_is_lent_an_equal_part_of_what_is_left() -> None:
    lent, (one, two) = leases(100, 2, spent=20)
    assert most_calls(lent, one) == 40
    assert most_calls(lent, two) == 40


def test_what_a_shard_did_not_use_goes_to_one_that_used_up_its_part() -> None:
    lent, (one, two) = leases(100, 2)
    assert [most_calls(lent, one), most_calls(lent, two)] == [50, 50]
    lent.back(one, Cost(calls=50))
    lent.starve(one, OutOfBudget("used up"))
    assert lent.give(one) is None  # the other has the rest
    lent.back(two, Cost(calls=10), finished=True)
    assert most_calls(lent, one) == 90


def test_without_a_limit_there_is_none() -> None:
    shards = [Shard(1, 1)]
    lease = Leases(Budget(), shards, {shards[0]: Cost()}).give(shards[0])
    assert lease is not None
    assert lease.limits == (None, None, None)


def test_a_shard_that_can_do_nothing_with_its_part_is_not_started_again_and_again() -> None:
    one = Shard(1, 1)
    lent = Leases(Budget(max_tokens=100), [one], {one: Cost()})
    assert lent.give(one) is not None
    lent.back(one, Cost())  # the next call might take more than 100 tokens
    lent.starve(one, OutOfBudget("used up"))
    with pytest.raises(OutOfBudget, match="0 of 100 tokens"):
        lent.give(one)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.lists(st.integers(0, 60), min_size=1, max_size=5), st.randoms())
def test_the_limit_is_never_passed_and_reached_where_the_work_needs_it(
    limit: int, needs: list[int], draw: object
) -> None:
    lent, shards = leases(limit, len(needs))
    spent = dict.fromkeys(shards, 0)
    need = dict(zip(shards, needs, strict=True))
    working: dict[Shard, int] = {}
    open_ = set(shards)
    for _ in range(10_000):
        if not open_:
            break
        shard = draw.choice(sorted(open_, key=str))  # type: ignore[attr-defined]
        if shard in working:  # it comes back
            spent[shard] = min(need[shard], working.pop(shard))
            done = spent[shard] == need[shard]
            lent.back(shard, Cost(calls=spent[shard]), finished=done)
            if done:
                open_.discard(shard)
            else:
                lent.starve(shard, OutOfBudget("used up"))
            continue
        try:
            lease = lent.give(shard)
        except OutOfBudget:
            break
        if lease is not None and lease.limits[1] is not None:
            working[shard] = lease.limits[1]
            assert (
                sum(spent[s] for s in shards if s not in working) + sum(working.values()) <= limit
            )
    assert sum(spent.values()) == min(limit, sum(needs))


def test_a_shard_killed_while_it_made_its_journal_has_spent_nothing(tmp_path: Path) -> None:
    assert spent_in(tmp_path) == Cost()
    file = tmp_path / JOURNAL_FILE
    file.touch()
    assert spent_in(tmp_path) == Cost()
    with contextlib.closing(sqlite3.connect(file)) as db:  # as far as its first line, no further
        db.execute("PRAGMA journal_mode=WAL")
    assert file.stat().st_size
    assert spent_in(tmp_path) == Cost()
    Journal(file).close()  # the next session goes on with it
    assert spent_in(tmp_path) == Cost()
