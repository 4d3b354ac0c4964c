"""The benchmarks' own pieces: one command runs them all, and what they count is what they say."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

from benchmarks import evaluation
from benchmarks.evaluation_planted import KNOWN_WEAK, known_weak
from benchmarks.evaluation_scorers import seconds
from benchmarks.evaluation_speed import table, timed
from dramaturg.evaluate import plant_all
from dramaturg.evaluate.plant import _WEAKER
from dramaturg.models.experts.nli import PersonaNLI
from dramaturg.records import Conversation, Verdict
from dramaturg.scorers import build
from tests.evaluate.talks import a_talk, many_talks


def test_every_benchmark_of_evaluation_is_run_by_the_one_command() -> None:
    assert evaluation.names() == [
        "corpora", "fed", "nli", "planted", "scorers", "speed", "toxicity",
    ]  # fmt: skip
    for name in evaluation.names():
        module = importlib.import_module(f"benchmarks.evaluation_{name}")
        assert list(inspect.signature(module.main).parameters)[:2] == ["data", "write"]


def test_the_table_of_speed_has_a_column_for_each_size() -> None:
    small = {"n": 2_000, "seconds": {"reading": 3.0}, "all": 20.0, "peak_mb": 446.2}
    large = {"n": 100_000, "seconds": {"reading": 150.0, "more": 1.0}, "all": 151.0, "peak_mb": 550}
    assert table([small, large]) == [
        ["part", "n = 2,000: s per 1,000", "n = 100,000: s per 1,000"],
        ["reading", "1.500", "1.500"],
        ["more", "0.000", "0.010"],
        ["all of it", "10.000", "1.510"],
        ["all of it, processor seconds", "20", "151"],
        ["peak memory, MB", "446", "550"],
    ]


def test_speed_is_measured_in_a_process_of_its_own(shared_data: Path, tmp_path: Path) -> None:
    found = timed(shared_data, 30, tmp_path)
    assert found["n"] == 30
    assert found["seconds"]["reading and counting"] > 0
    assert not list(tmp_path.iterdir())


def test_weakening_is_counted_apart_in_wordings_that_the_rules_hold() -> None:
    assert sum(any(known in wording for known in KNOWN_WEAK) for wording in _WEAKER) == 3
    love = "I love baking."
    expert = PersonaNLI()
    for wording in _WEAKER:
        said = wording.format("baking")
        caught = expert.judge(said, love).label == "contradict"
        assert caught == any(known in wording for known in KNOWN_WEAK), said
    talk = a_talk("Hi.", "Ho.", "Hm.", "So.", personas=((love,), ("I like tea.",)))
    cases = [plant_all([talk], "own fact weakened", seed=seed)[0] for seed in range(30)]
    assert {known_weak(case) for case in cases} == {True, False}


async def test_scorers_that_share_a_computation_are_timed_together() -> None:
    assert len(build("quality")) == 5
    asked: list[str] = []

    class Counting:
        name, low, high, version, cost_rank = "x", 0.0, 1.0, "1", 0

        async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
            asked.append(conversation.id)
            return Verdict(subject=conversation.id, scorer="x", value=0.5)

    talks = many_talks(4)
    assert await seconds([Counting(), Counting()], talks[:3], warm=talks[3:]) >= 0
    assert asked == [talks[3].id] * 2 + [t.id for t in talks[:3] for _ in range(2)]
