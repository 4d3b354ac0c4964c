"""Our values are those of the reference libraries on the same input."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.evaluate import Coder, Talk, auc, distinct, frechet, self_bleu, topics, vendi
from dramaturg.scorers import distinct_n, tokens, utterances
from tests.evaluate.talks import many_talks

sentences = st.lists(
    st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f"]), min_size=0, max_size=9),
    min_size=2,
    max_size=7,
)


@settings(max_examples=60, deadline=None)
@given(sentences)
def test_self_bleu_is_sacrebleu_s_sentence_bleu_against_all_others(texts: list[list[str]]) -> None:
    sacrebleu = pytest.importorskip("sacrebleu", reason="the extra 'test' is not installed")
    bleu = sacrebleu.metrics.BLEU(
        smooth_method="exp", tokenize="none", effective_order=True, force=True
    )
    ours = self_bleu(texts)
    for i, words in enumerate(texts):
        others = [" ".join(other) for j, other in enumerate(texts) if j != i]
        theirs = bleu.sentence_score(" ".join(words), others).score / 100
        assert ours[i] == pytest.approx(theirs, abs=1e-9)


def test_distinct_n_is_the_share_of_different_nltk_ngrams() -> None:
    util = pytest.importorskip("nltk.util", reason="the extra 'test' is not installed")
    talks = many_talks(30)
    for n in (1, 2, 3):
        grams = [g for text in utterances(talks) for g in util.ngrams(tokens(text), n)]
        ours = distinct([Talk(talk) for talk in talks], n, 10**9, Coder()).value()
        assert ours == pytest.approx(len(set(grams)) / len(grams), abs=1e-12)


@pytest.mark.parametrize("at", [1, 7, 50, 333, 10**9])
def test_distinct_n_of_any_part_is_the_scorer_s(at: int) -> None:
    talks = many_talks(25)
    for n in (1, 2, 3):
        ours = distinct([Talk(talk) for talk in talks], n, at, Coder()).value()
        assert (ours or 0.0) == pytest.approx(distinct_n(utterances(talks), n, at_tokens=at))


def vectors(n: int, dim: int, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    rows = np.random.default_rng(seed).normal(size=(n, dim)) + 0.5
    return np.asarray(rows / np.sqrt((rows**2).sum(axis=1, keepdims=True)))


@pytest.mark.parametrize(("n", "dim"), [(5, 40), (60, 12), (30, 30)])
def test_vendi_is_its_published_formula_on_the_kernel_s_eigenvalues(n: int, dim: int) -> None:
    linalg = pytest.importorskip("scipy.linalg", reason="the extra 'test' is not installed")
    rows = vectors(n, dim, 3)
    values = linalg.eigvalsh(rows @ rows.T / n)
    values = values[values > 0]
    assert vendi(rows) == pytest.approx(float(np.exp(-(values * np.log(values)).sum())), rel=1e-6)


def test_vendi_is_vendi_score_s() -> None:
    from vendi_score import vendi as library

    rows = vectors(80, 20, 5)
    assert vendi(rows) == pytest.approx(library.score_dual(rows, normalize=False), rel=1e-6)
    assert vendi(rows) == pytest.approx(library.score_K(rows @ rows.T), rel=1e-6)


def test_vendi_counts_what_is_different() -> None:
    assert vendi(np.eye(7)) == pytest.approx(7)
    assert vendi(np.ones((9, 1))) == pytest.approx(1)
    assert vendi(np.repeat(np.eye(4), 5, axis=0)) == pytest.approx(4)


def test_the_frechet_distance_is_the_formula_with_scipy_s_matrix_root() -> None:
    linalg = pytest.importorskip("scipy.linalg", reason="the extra 'test' is not installed")
    one, other = vectors(200, 8, 1), vectors(150, 8, 2) * 1.3
    a, b = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    gap = one.mean(axis=0) - other.mean(axis=0)
    theirs = gap @ gap + np.trace(a + b - 2 * np.real(linalg.sqrtm(a @ b)))
    assert frechet(one, other) == pytest.approx(float(theirs), abs=1e-9)
    assert frechet(one, one) == pytest.approx(0, abs=1e-9)


def test_auc_is_scikit_learn_s_ties_and_all() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="the extra 'test' is not installed")
    draw = random.Random(4)
    ours = np.array([draw.randrange(6) + 1.0 for _ in range(70)])
    theirs = np.array([draw.randrange(6) * 1.0 for _ in range(50)])
    truth = [1] * len(ours) + [0] * len(theirs)
    known = metrics.roc_auc_score(truth, np.concatenate([ours, theirs]))
    assert auc(ours, theirs) == pytest.approx(known, abs=1e-12)


def test_topics_find_the_groups_that_scikit_learn_s_k_means_finds() -> None:
    cluster = pytest.importorskip("sklearn.cluster", reason="the extra 'test' is not installed")
    metrics = pytest.importorskip("sklearn.metrics")
    draw = np.random.default_rng(0)
    centres = np.eye(5)[:, :5]
    rows = np.concatenate([c + 0.1 * draw.normal(size=(40, 5)) for c in centres])
    rows /= np.sqrt((rows**2).sum(axis=1, keepdims=True))
    theirs = cluster.KMeans(5, n_init=4, random_state=0).fit_predict(rows)
    assert metrics.adjusted_rand_score(theirs, topics(rows, 5)) == pytest.approx(1.0)


def test_the_detector_is_no_worse_than_scikit_learn_s_logistic_regression() -> None:
    text = pytest.importorskip("sklearn.feature_extraction.text")
    linear = pytest.importorskip("sklearn.linear_model")
    selection = pytest.importorskip("sklearn.model_selection")
    from dramaturg.evaluate import tell_apart
    from dramaturg.records import Turn

    ours, theirs = many_talks(80, seed=1), many_talks(80, seed=2)
    draw = random.Random(0)
    marked = []
    for talk in ours:  # a habit that shows in half of them
        extra = (Turn(speaker=0, text="Indeed so."),) if draw.random() < 0.5 else ()
        marked.append(type(talk)(scene_id=talk.scene_id, speakers=talk.speakers,
                                 turns=talk.turns + extra))  # fmt: skip
    found = tell_apart([Talk(t) for t in marked], [Talk(t) for t in theirs]).accuracy
    texts = ["\n".join(turn.text for turn in talk.turns) for talk in (*marked, *theirs)]
    truth = [1] * len(marked) + [0] * len(theirs)
    features = text.TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit_transform(texts)
    known = selection.cross_val_score(linear.LogisticRegression(C=10), features, truth, cv=5).mean()
    assert known - 0.05 < found < 0.85
