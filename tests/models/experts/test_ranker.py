"""The ranker: what follows from what was said and from who speaks wins."""

import numpy as np
import pytest

from dramaturg.models.experts.ranker import Ranker
from dramaturg.train.experts.measure_ranking import hits
from dramaturg.train.experts.ranking import ask, logit

OWN = ("I am a nurse.", "I have two dogs.")
OTHER = ("I love to hike.", "My favorite food is pizza.")
HISTORY = ((0, "Hi, how are you today?"), (1, "I'm great! What do you do for a living?"))
CANDIDATES = (
    "Hello, how are you?",
    "Pizza is my favorite food too!",
    "I am a nurse at a hospital.",
    "Bye, it was nice talking to you.",
    "The trails there are beautiful in spring.",
)


def _scores(style: str, candidates: tuple[str, ...] = CANDIDATES) -> list[float]:
    ranker = Ranker(style)  # type: ignore[arg-type]
    found = ranker.scores(candidates, own=OWN, other=OTHER, history=HISTORY, speaker=0)
    return [float(score) for score in found]


@pytest.mark.parametrize("style", ["made", "human"])
def test_the_answer_that_fits_question_and_persona_wins(style: str) -> None:
    assert int(np.argmax(_scores(style))) == 2


def test_the_persona_of_who_speaks_decides() -> None:
    ranker = Ranker("human")
    said = ((0, "hi there , tell me about you"),)
    both = ("i am a nurse at a hospital .", "i play drums in a band .")

    nurse = ranker.rank(both, own=["I am a nurse."], other=[], history=said, speaker=1)
    drums = ranker.rank(both, own=["I play the drums."], other=[], history=said, speaker=1)

    assert (nurse[0], drums[0]) == (0, 1)


def test_a_score_does_not_depend_on_the_other_candidates() -> None:
    together = _scores("made")

    assert [_scores("made", (text,))[0] for text in CANDIDATES] == together
    assert _scores("made", CANDIDATES[::-1])[::-1] == together


@pytest.mark.parametrize("text", ["", "   ", "你好吗", "🙂", "word " * 5_000])
def test_any_text_gets_a_finite_score(text: str) -> None:
    ranker = Ranker()

    found = ranker.scores([text], own=[], other=[""], history=[], speaker=0)
    later = ranker.scores(["Hi!"], own=[text], other=[], history=[(0, text)], speaker=1)

    assert np.isfinite(found).all()
    assert np.isfinite(later).all()


def test_an_unknown_style_is_an_error() -> None:
    with pytest.raises(ValueError, match="'made' or 'human'"):
        Ranker("formal")  # type: ignore[arg-type]


def test_the_logit_finds_weights_that_made_the_choices() -> None:
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(3_000, 5, 3))
    chance = np.exp(rows @ np.array([1.5, -0.5, 0.0]))
    chance /= chance.sum(axis=1, keepdims=True)
    for row, p in zip(rows, chance, strict=True):
        true = draw.choice(5, p=p)
        row[[0, true]] = row[[true, 0]]

    assert logit(rows) == pytest.approx([1.5, -0.5, 0.0], abs=0.1)


def test_hits_share_a_tie_and_count_a_rank() -> None:
    scores = np.array([[3.0, 1.0, 2.0], [1.0, 1.0, 0.0], [0.0, 1.0, 2.0]])

    first, fifth, reciprocal = hits(scores)

    assert first == pytest.approx((1 + 0.5 + 0) / 3)
    assert fifth == 1.0
    assert reciprocal == pytest.approx((1 + 0.75 + 1 / 3) / 3)


def test_a_question_knows_nothing_of_its_own_turn_or_later() -> None:
    talks = [(["I run."], ["I cook."], [(0, "a"), (1, "b"), (0, "c"), (1, "d")])]

    for asked in ask(talks, 3, seed=0):
        place = "abcd".index(asked.candidates[0])
        assert [text for _, text in asked.question.history] == list("abcd"[:place])
        assert asked.question.own == (("I run.",) if place % 2 == 0 else ("I cook.",))
        assert len(asked.candidates) == 20
