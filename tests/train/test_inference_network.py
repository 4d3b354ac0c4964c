"""The written pairs, what is drawn beside them, and one small run of the training."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dramaturg.train.experts.calibrate import temperature, threshold
from dramaturg.train.experts.changed import other_value
from dramaturg.train.experts.groups import drawn, groups
from dramaturg.train.experts.network_pairs import FOLDER, epoch, parted, written


def test_there_are_three_thousand_written_pairs_each_with_one_label() -> None:
    labels: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path in FOLDER.glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            assert set(row) == {"fact", "utterance", "label"}
            labels[row["utterance"].lower(), row["fact"].lower()].add(row["label"])
    assert len(labels) >= 3000
    assert [pair for pair, given in labels.items() if len(given) > 1] == []
    counts = Counter(next(iter(given)) for given in labels.values())
    assert set(counts) == {"entail", "contradict", "neutral"}
    assert min(counts.values()) > 800


def test_one_topic_and_a_tenth_of_the_other_facts_are_held_out_with_all_their_pairs() -> None:
    kept = {one.fact for one in written(held_out=False)}
    held = {one.fact for one in written(held_out=True)}
    assert not kept & held
    assert 0.15 < len(held) / len(kept | held) < 0.3
    assert {one.source for one in written(held_out=False)}.isdisjoint({"everyday"})
    rng = random.Random(1)
    assert not held & {fact for _, fact, _ in drawn(rng, 2000, held)}


def test_no_claim_stands_in_two_groups_of_a_kind() -> None:
    for kind, some in groups().items():
        claims = [claim for group in some for claim in group]
        assert len(claims) == len(set(claims)), kind
        assert len(some) > 1, kind


def test_groups_give_contradictions_between_and_entailments_within() -> None:
    where = {
        claim: (kind, number)
        for kind, some in groups().items()
        for number, group in enumerate(some)
        for claim in group
    }
    pairs = drawn(random.Random(0), 400)
    assert pairs == drawn(random.Random(0), 400)
    for said, fact, label in pairs:
        if said in where and fact in where:
            same_kind = where[said][0] == where[fact][0]
            wanted = "entail" if where[said] == where[fact] else "contradict"
            assert label == (wanted if same_kind else "neutral")


def test_a_changed_value_is_of_the_same_kind() -> None:
    assert other_value("I have two dogs.", random.Random(0)) in {
        f"I have {n} dogs." for n in (3, 4, 5)
    }
    assert other_value("I love to dance.", random.Random(0)) is None


def test_a_sentence_is_parted_as_in_persona_chat() -> None:
    assert parted("I don't smoke, Bob.", apostrophes=True) == "i don't smoke , bob ."
    assert parted("I don't smoke, I'm Bob.", apostrophes=False) == "i do not smoke , i m bob ."


def test_the_temperature_cools_what_is_too_sure() -> None:
    rng = np.random.default_rng(0)
    gold = rng.integers(0, 3, 600)
    logits = np.eye(3)[gold] * 1.0 + rng.gumbel(size=(600, 3))
    fair = temperature(logits.astype(np.float32), gold)
    sure = temperature((logits * 3).astype(np.float32), gold)
    assert sure == pytest.approx(min(3 * fair, 4.0), abs=0.2)


def test_the_threshold_flags_no_more_than_the_share() -> None:
    chances = [0.99, 0.97, 0.9, 0.8, *[0.1] * 96]
    at = threshold(chances, 0.02)
    assert sum(chance >= at for chance in chances) == 2
    assert threshold([0.1] * 50, 0.02) == 0.5
    assert threshold([1.0] * 50, 0.02) == 0.999


def test_an_epoch_is_the_same_for_a_seed_and_holds_every_written_pair(shared_data: Path) -> None:
    one = epoch(shared_data, seed=1, share=0.02)
    assert one == epoch(shared_data, seed=1, share=0.02)
    facts = {parted(x.fact, apostrophes=True) for x in one}
    for pair in written(held_out=False)[::50]:
        assert {
            parted(pair.fact, apostrophes=True), parted(pair.fact, apostrophes=False)
        } & facts  # fmt: skip


def test_a_small_network_learns_a_few_pairs_on_the_cpu() -> None:
    torch: Any = pytest.importorskip("torch", reason="training needs the extra `train`")
    from dramaturg.models.experts.nli_network import _shipped
    from dramaturg.train.experts.cross_encoder import CrossEncoder
    from dramaturg.train.experts.fit_network import fit, scores

    torch.manual_seed(0)
    some = [one for one in written(held_out=False)[:60] if one.label != "neutral"][:16]
    net = CrossEncoder(layers=1)
    tokenizer = _shipped().tokenizer
    fit(net, [some] * 60, tokenizer, rate=2e-3, log=lambda line: None)
    found = scores(net, [(one.utterance, one.fact) for one in some], tokenizer).argmax(1)
    gold = [("entail", "contradict").index(one.label) for one in some]
    assert float((found.numpy() == np.array(gold)).mean()) >= 0.9
