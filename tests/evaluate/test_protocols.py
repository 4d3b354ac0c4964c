"""Pairwise, juries, planted faults and exams, with judges whose answers are known."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from dramaturg import evaluate, scorers
from dramaturg.errors import NotJudged, UserError
from dramaturg.generate import starter_pool
from dramaturg.models import Call, ScriptedModel
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.records import Conversation, Speaker, Turn, Verdict

EMBEDDED = EmbeddedModel()


def a_talk(name: str) -> Conversation:
    return Conversation(
        scene_id=name,
        speakers=(Speaker(name="A", persona=("I bake.",)), Speaker(name="B")),
        turns=(Turn(speaker=0, text=f"Hello from {name}."), Turn(speaker=1, text="Hi.")),
    )


PAIRS = [(a_talk(f"good {n}"), a_talk(f"bad {n}")) for n in range(40)]


def judge_by(choose: Callable[[str, str], str]) -> ScriptedModel:
    """A judge who is shown the first lines and says 1 or 2."""

    def reply(call: Call) -> str:
        text = call.messages[-1].content
        first = text.partition("<conversation_2>")[0]
        return choose(first, text.partition("<conversation_2>")[2])

    return ScriptedModel(by_task={"judge.quality.depth": reply})


async def test_a_judge_of_content_wins_for_its_side_and_has_no_position_bias() -> None:
    model = judge_by(lambda first, _: "1" if "good" in first else "2")
    found = await evaluate.pairwise(PAIRS, scorers.quality("depth", model), repeats=2)
    assert found.first_wins.value == found.preference.value == 1
    assert found.shown_first.value == 0.5
    assert found.shown_first.n == 160
    assert found.consistent.value == 1
    assert found.calls == 4
    assert found.cost.calls == len(model.calls) == 160


async def test_a_judge_of_position_gives_ties_and_is_found_out() -> None:
    model = judge_by(lambda *_: "1")
    found = await evaluate.pairwise(PAIRS, scorers.quality("depth", model))
    assert found.ties.value == 1
    assert found.preference.value == 0.5
    assert found.shown_first.value == found.shown_first.low == 1
    assert found.consistent.value == 0


async def test_unreadable_votes_are_counted_and_are_no_position() -> None:
    model = judge_by(lambda *_: "both are fine")
    found = await evaluate.pairwise(PAIRS[:3], scorers.quality("depth", model))
    assert found.no_vote == 6
    assert found.shown_first.value is None
    assert found.ties.value == 1


async def test_repeats_decide_by_majority_and_the_interval_is_of_pairs() -> None:
    votes = iter(["1", "2", "1", "1", "2", "1"] * 20)  # win, tie, loss of the first: a tie
    model = ScriptedModel(by_task={"judge.quality.depth": lambda _: next(votes)})
    found = await evaluate.pairwise(
        PAIRS[:1], scorers.quality("depth", model), repeats=2, at_once=1
    )
    assert len(found.pairs[0].comparisons) == 2
    assert found.preference.n == 1
    with pytest.raises(UserError):
        await evaluate.pairwise([], scorers.quality("depth", model))


async def test_a_measured_judge_has_no_position() -> None:
    found = await evaluate.pairwise(PAIRS[:4], scorers.quality("depth", EMBEDDED))
    assert found.shown_first.value is None
    assert found.cost.calls == 0


class Fixed:
    """A judge who says what a function says."""

    version, cost_rank = "1", 0

    def __init__(
        self,
        value: Callable[[Conversation], float | None],
        name: str = "faithfulness",
        *,
        high: float = 1.0,
        decides: bool = True,
    ) -> None:
        self.name, self.low, self.high = name, 0.0, high
        self._value, self._decides = value, decides

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        value = self._value(conversation)
        if value is None:
            raise NotJudged("nothing", kind="nothing")
        passed = value >= 0.5 if self._decides else None
        return Verdict(subject=conversation.id, scorer=self.name, value=value, passed=passed)


async def test_a_jury_decides_by_majority_and_reports_its_agreement() -> None:
    talks = [a_talk(str(n)) for n in range(10)]
    place = {talk.id: n for n, talk in enumerate(talks)}
    judges = [
        Fixed(lambda c: float(place[c.id] < 5)),
        Fixed(lambda c: float(place[c.id] < 5)),
        Fixed(lambda c: float(place[c.id] < 6) if place[c.id] else None),
    ]
    found = await evaluate.jury(talks, judges, resamples=100)
    assert [item.verdict for item in found.items] == [True] * 5 + [False] * 5
    assert found.items[5].values == (0, 0, 1)
    assert found.no_verdict == (0, 0, 1)
    ratings = [item.passed for item in found.items]
    assert found.on_decisions.value == evaluate.krippendorff_alpha(ratings)
    assert found.on_decisions.low is not None
    assert found.on_values.value == pytest.approx(found.on_decisions.value)


async def test_a_jury_that_is_divided_has_no_verdict() -> None:
    found = await evaluate.jury([a_talk("x")], [Fixed(lambda _: 1.0), Fixed(lambda _: 0.0)])
    assert found.items[0].verdict is None
    assert found.items[0].mean == 0.5


async def test_a_jury_needs_two_judges_on_one_scale() -> None:
    one = Fixed(lambda _: 1.0)
    with pytest.raises(UserError, match="two judges"):
        await evaluate.jury([a_talk("x")], [one])
    with pytest.raises(UserError, match="different scales"):
        await evaluate.jury([a_talk("x")], [one, Fixed(lambda _: 1.0, high=5)])


@pytest.mark.parametrize("kind", list(evaluate.PLANTS))
def test_a_plant_changes_what_it_says_and_nothing_else(kind: str) -> None:
    cases = evaluate.plant_all(starter_pool(), kind, seed=1)
    assert len(cases) >= 4
    for case in cases:
        assert case.faulty.id != case.clean.id
        assert case.faulty.speakers == case.clean.speakers
        before = [turn.text for turn in case.clean.turns]
        after = [turn.text for turn in case.faulty.turns]
        changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
        if case.turn is not None:
            assert changed == [case.turn]
            assert after[case.turn].endswith(case.words)
        speaker = case.faulty.turns[case.turn or 0].speaker
        own = case.faulty.speakers[speaker].persona
        if "own" in kind:
            assert case.fact in own
            assert case.words != case.fact
        if "partner" in kind:
            assert case.fact not in own
            assert case.fact in case.faulty.speakers[1 - speaker].persona
    assert evaluate.plant_all(starter_pool(), kind, seed=1) == cases


async def test_a_judge_who_sees_the_plants_passes_and_one_who_flags_everything_fails() -> None:
    cases = evaluate.exam_cases("faithfulness", starter_pool())
    assert len(cases) == 16
    faulty = {case.faulty.id for case in cases}
    good = await evaluate.sit_exam(Fixed(lambda c: float(c.id not in faulty)), cases)
    assert good.passed
    assert good.caught is not None
    assert good.false_alarms is not None
    assert (good.caught.hits, good.false_alarms.hits, good.missed) == (16, 0, ())
    strict = await evaluate.sit_exam(Fixed(lambda _: 0.0), cases)
    assert not strict.passed
    assert strict.caught is not None
    assert strict.caught.value == 1
    blind = await evaluate.sit_exam(Fixed(lambda _: 1.0), cases)
    assert not blind.passed
    assert len(blind.missed) == 16
    mute = await evaluate.sit_exam(Fixed(lambda _: None), cases)
    assert not mute.passed
    assert mute.no_verdict == len(mute.missed) == 16


async def test_a_judge_of_numbers_must_put_the_twins_in_order_and_a_constant_one_fails() -> None:
    cases = evaluate.exam_cases("coherence", starter_pool())
    faulty = {case.faulty.id for case in cases}
    good = Fixed(lambda c: 0.4 if c.id in faulty else 0.6, "coherence", decides=False)
    assert (await evaluate.sit_exam(good, cases)).passed
    flat = await evaluate.sit_exam(Fixed(lambda _: 0.5, "coherence", decides=False), cases)
    assert not flat.passed
    assert flat.ranked.value == 0.5
    low = Fixed(lambda c: 0.6 if c.id in faulty else 0.4, "repetition", decides=False)
    assert (await evaluate.sit_exam(low, cases)).passed  # of repetition, less is better


async def test_a_pairwise_judge_must_prefer_the_clean_twin() -> None:
    cases = evaluate.exam_cases("coherency", starter_pool(), count=8)
    position = ScriptedModel(by_task={"judge.quality.coherency": "1"})
    found = await evaluate.sit_pairwise_exam(scorers.quality("coherency", position), cases)
    assert not found.passed
    assert found.ranked.hits == 0
    measured = await evaluate.sit_pairwise_exam(scorers.quality("coherency", EMBEDDED), cases)
    assert measured.ranked.value is not None
    assert measured.ranked.value > 0.5


async def test_the_embedded_faithfulness_expert_passes_its_exam_and_bad_input_is_told() -> None:
    (scorer,) = scorers.build("faithfulness", EMBEDDED)
    result = await evaluate.sit_exam(scorer, evaluate.exam_cases("faithfulness", starter_pool()))
    assert result.passed
    assert result.model == "embedded"
    with pytest.raises(UserError, match="no exam for length"):
        evaluate.exam_cases("length", starter_pool())
    bare = [msgspec.structs.replace(a_talk("x"), speakers=(Speaker(name="A"), Speaker(name="B")))]
    with pytest.raises(UserError, match="can be planted"):
        evaluate.exam_cases("faithfulness", bare)


def test_a_share_s_interval_is_wilson_s() -> None:
    none = evaluate.share(0, 20)
    assert none.low == pytest.approx(0, abs=1e-12)
    assert none.high == pytest.approx(0.1611, abs=1e-4)
    assert evaluate.share(0, 0).value is None


async def test_the_exam_of_partner_fact_has_full_talks() -> None:
    cases = evaluate.exam_cases("partner_fact", starter_pool())
    lengths = {len(talk.turns) for talk in starter_pool()}
    assert {len(case.clean.turns) for case in cases} <= lengths
    with pytest.raises(UserError, match="no exam for depth"):
        evaluate.pair_exam_cases("depth", starter_pool())
