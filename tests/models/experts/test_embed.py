"""Static vectors and LSA: unit rows, the same bytes, differences in every script."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest

from dramaturg.models.experts import StaticEmbedder, lsa

EMBEDDER = StaticEmbedder()


def test_related_sentences_are_nearer_than_unrelated_ones() -> None:
    dog = EMBEDDER.similarity("I have a dog.", "My puppy is a beagle.")
    guitar = EMBEDDER.similarity("I have a dog.", "I play the guitar in a band.")

    assert dog > guitar + 0.2
    assert abs(guitar) < 0.3


def test_every_row_has_length_one_whatever_the_text() -> None:
    rows = EMBEDDER.embed(["I like tea.", "", "   ", "你好", "🙂", "xqzt!", "a" * 10_000])

    assert rows.dtype == np.float32
    assert rows.shape == (7, EMBEDDER.dim)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def test_no_text_gives_no_row() -> None:
    assert EMBEDDER.embed([]).shape == (0, EMBEDDER.dim)


def test_texts_in_other_scripts_differ_from_each_other() -> None:
    rows = EMBEDDER.embed(["私は犬が好きです", "Я люблю музыку", "أحب القهوة", "ฉันชอบแมว"])

    cosines = rows @ rows.T
    assert float(np.max(cosines - np.eye(4))) < 0.9


def test_a_row_does_not_depend_on_its_batch() -> None:
    texts = ["I have two dogs.", "My favourite colour is blue.", "你好", "quidditch"]

    together = EMBEDDER.embed(texts)
    alone = [StaticEmbedder().embed([text])[0] for text in texts]

    assert all(a.tobytes() == b.tobytes() for a, b in zip(together, alone, strict=True))


def test_an_unknown_form_is_near_the_word_it_resembles() -> None:
    near = EMBEDDER.similarity("guitarplaying", "guitar")
    far = EMBEDDER.similarity("guitarplaying", "vegetables")

    assert near > far + 0.2


def test_a_long_text_is_embedded_in_good_time() -> None:
    start = time.perf_counter()
    EMBEDDER.embed(["I have a dog and a cat. " * 420])

    assert time.perf_counter() - start < 1.0


def test_lsa_groups_sentences_that_share_a_topic_word() -> None:
    rows = lsa(["I love my dog", "the dog barks", "we play guitar", "a guitar solo"], dims=2)

    cosines = rows @ rows.T
    assert cosines[0, 1] > 0.9
    assert cosines[2, 3] > 0.9
    assert abs(cosines[0, 2]) < 0.1


def test_lsa_is_the_same_twice_and_bounded_by_the_rank() -> None:
    texts = ["I love my dog", "the dog barks", "we play guitar"]

    assert lsa(texts).tobytes() == lsa(texts).tobytes()
    assert lsa(texts).shape == (3, 3)


@pytest.mark.parametrize("texts", [["I am what I am", "it is"], [""], []])
def test_lsa_without_a_topic_word_gives_rows_of_zeros(texts: list[str]) -> None:
    rows = lsa(texts)

    assert len(rows) == len(texts)
    assert not rows.any()


def test_the_card_names_n_and_split() -> None:
    for entry in EMBEDDER.card.values():
        assert entry["n"] > 0
        assert entry["split"]


def test_an_unknown_word_has_the_same_vector_in_every_process() -> None:
    code = (
        "from dramaturg.models.experts.embed import StaticEmbedder as E;"
        "print(E().embed(['Klaiflealow baristas of Sundville'])[0].tobytes().hex())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(told) == 1
