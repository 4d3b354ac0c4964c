"""The larger inference expert: its tokenizer, its network against PyTorch, its judgements."""

from __future__ import annotations

import itertools
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dramaturg.errors import UserError
from dramaturg.models import NLIModel
from dramaturg.models.experts.network import PairEncoder
from dramaturg.models.experts.nli_network import DATA, NetworkNLI
from dramaturg.models.experts.pieces import straight
from dramaturg.models.experts.wordpiece import WordPiece
from dramaturg.models.resolve import resolve

PAIRS = [
    ("I drive a truck for a living.", "I am a teacher."),
    ("i work as a dentist , and you ?", "i am a plumber ."),
    ("I've got just one dog.", "I have three dogs."),
    ("Walking my two dogs takes an hour.", "I have two dogs."),
    ("My sister is a nurse.", "I am a nurse."),
    ("Ünïcode 日本語 😀", "I live in Japan."),
    ("", "I am a nurse."),
    ("x" * 5000, "I am a nurse."),
]


@pytest.fixture(scope="module")
def expert() -> NetworkNLI:
    return NetworkNLI()


def test_the_pieces_are_those_of_the_published_vocabulary(expert: NetworkNLI) -> None:
    tokenizer = PairEncoder(DATA / "nli-network.npz").tokenizer
    assert tokenizer.bare("Hello, WORLD!", 64) == [7592, 1010, 2088, 999]
    assert tokenizer.bare(straight("I’m unaffable"), 64) == [1045, 1005, 1049, 14477, 20961, 3468]
    assert tokenizer.bare("café", 64) == tokenizer.bare("cafe", 64)
    assert tokenizer.bare("one two three", 2) == tokenizer.bare("one two", 64)


def test_a_word_without_pieces_or_far_too_long_is_unknown_and_han_signs_stand_alone() -> None:
    tokenizer = WordPiece(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "##b", "日", "本"])
    assert tokenizer.bare("ab abb ac 日本", 9) == [4, 5, 4, 5, 5, 1, 6, 7]
    assert tokenizer.bare("a" * 101, 9) == [1]
    assert tokenizer.bare(" \t\n", 9) == []


def test_the_network_in_numpy_gives_the_scores_of_the_one_in_pytorch(tmp_path: Path) -> None:
    torch: Any = pytest.importorskip("torch", reason="the oracle needs the extra `train`")
    from dramaturg.train.experts.cross_encoder import CrossEncoder
    from dramaturg.train.experts.fit_network import scores
    from dramaturg.train.experts.store_network import store

    torch.manual_seed(3)
    net = CrossEncoder(layers=2).eval()
    shipped = PairEncoder(DATA / "nli-network.npz")
    pieces = shipped._stored["vocabulary"].tobytes().decode("utf-8").split("\n")
    weights = {name: value.numpy() for name, value in net.state_dict().items()}
    store(weights, pieces, tmp_path / "net.npz", temperature=1.0)
    found = np.array([PairEncoder(tmp_path / "net.npz").scores(*pair) for pair in PAIRS])
    wanted = scores(net, PAIRS, WordPiece(pieces)).numpy()
    assert np.abs(found - wanted).max() < 0.03  # what int8 costs


def test_a_judgement_does_not_depend_on_what_else_is_asked(expert: NetworkNLI) -> None:
    alone = [NetworkNLI().judge(*pair) for pair in PAIRS]
    assert expert.judge_many(PAIRS) == alone
    assert NetworkNLI().judge_many(PAIRS[::-1]) == alone[::-1]
    assert expert.judge_many([]) == []


def test_the_chances_sum_to_one(expert: NetworkNLI) -> None:
    for judged in expert.judge_many(list(itertools.product(*zip(*PAIRS, strict=True)))):
        total = judged.p_entail + judged.p_contradict + judged.p_neutral
        assert total == pytest.approx(1.0, abs=0.001)


def test_it_leans_to_contradiction_for_two_trades_and_numbers_if_the_filter_lets_it_look(
    expert: NetworkNLI,
) -> None:
    said = expert.judge_many(PAIRS[:5])
    assert not expert.looks(*PAIRS[1])  # what the filter costs: no word and no class in common
    assert [judged.p_contradict > 0.5 for judged in said] == [True, False, True, False, False]
    assert said[3].label == "entail"
    assert said[4].label == "neutral"


def test_a_line_of_ten_megabytes_is_read_only_in_its_beginning(expert: NetworkNLI) -> None:
    began = time.perf_counter()
    expert.judge("I am a nurse. " * 700_000, "I am a plumber.")
    assert time.perf_counter() - began < 20


def test_what_only_asks_is_neutral_without_a_look(expert: NetworkNLI) -> None:
    assert not expert.looks("Do you work as a nurse?", "I am a plumber.")
    assert expert.looks("I work as a nurse.", "I am a plumber.")


async def test_embedded_large_judges_with_the_network_and_is_named_so() -> None:
    model = resolve("embedded:large")
    assert (model.ref, resolve("embedded").ref) == ("embedded:large", "embedded")
    assert isinstance(model, NLIModel)
    (judged,) = await model.judge([PAIRS[0]])
    assert judged.p_contradict == NetworkNLI().judge(*PAIRS[0]).p_contradict


def test_an_embedded_model_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(UserError, match="no embedded model 'larg'"):
        resolve("embedded:larg")
