"""What is measured of the embedded model: each count against one made by hand, and the command."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import embedded, embedded_tables
from benchmarks.embedded_counts import (
    contradicted,
    contradictions,
    different,
    distinct,
    head,
    own_pairs,
    self_repetition,
    size,
)
from benchmarks.embedded_labels import (
    Labelled,
    LabelledTurn,
    agreement,
    counts,
    labelled,
    load,
    save,
    tables,
    to_read,
    unlabelled,
    weights_mark,
)
from benchmarks.embedded_memory import TrainingText, capitals, leaks
from benchmarks.embedded_ranking import (
    Ranks,
    Trial,
    after,
    by_bm25,
    by_likelihood,
    by_words,
    trials,
)
from benchmarks.embedded_text import made_up_pairs, record, write
from dramaturg.errors import UserError
from dramaturg.models import Judgement
from dramaturg.models.embedded import formats
from dramaturg.models.embedded.formats import Control
from dramaturg.records import Conversation
from dramaturg.train.embedded.measure import Meter, perplexities
from dramaturg.train.embedded.sources import Source
from tests.train.test_embedded import write_corpora

DOGS = (["I have two dogs."], ["I sail."])


def talk(*texts: str, name: str = "one") -> Conversation:
    return record(name, DOGS, [(n % 2, text) for n, text in enumerate(texts)])


class Denies:
    """Calls everything with "never" a contradiction."""

    ref, version = "denies", "1"

    async def judge(self, pairs: Sequence[tuple[str, str]], *, seed: int = 0) -> list[Judgement]:
        return [
            Judgement(label="contradict", p_entail=0.0, p_contradict=1.0, p_neutral=0.0)
            if "never" in said
            else Judgement(label="neutral", p_entail=0.0, p_contradict=0.0, p_neutral=1.0)
            for said, _ in pairs
        ]


def test_distinct_n_reads_every_set_to_the_same_length() -> None:
    short, long = [talk("a b a b")], [talk("a b a b", "c d e f")]
    assert distinct(short, 4) == distinct(long, 4) == (0.5, 2 / 3, 1.0)
    assert size(long) == 8


def test_different_turns_are_told_apart_without_case_among_as_many_turns() -> None:
    some = [talk("Hi there", "hi  there"), talk("Bye", "So long", name="two")]
    assert different(some) == 0.75
    assert different(some, 2) == 0.5


def test_a_run_of_four_words_is_said_again_only_within_its_conversation() -> None:
    said = "we went to the sea"  # two runs
    assert self_repetition([talk(said, said)]) == 0.5
    assert self_repetition([talk(said), talk(said, name="two")]) == 0.0
    assert self_repetition(head([talk(said, said)], 1)) == 0.0


def test_a_turn_is_held_against_own_facts_and_own_earlier_turns_only() -> None:
    one = talk("I bake.", "I sail.", "I never bake.", "I row.")
    assert own_pairs(one) == [(0, 2), (1, 3)]
    assert asyncio.run(contradicted(one, Denies())) == [(2, "own"), (2, "self")]
    found = asyncio.run(contradictions([one, talk("Hello there.", name="two")], Denies()))
    assert (found.talks, found.flagged, found.pairs, found.wrong) == (2, 1, 5, 1)
    assert (found.self_flagged, found.self_pairs, found.self_wrong) == (1, 2, 1)
    quiet = asyncio.run(contradictions([talk("Hello there."), talk("I never bake.")], Denies()))
    assert (quiet.flagged, quiet.self_flagged) == (1, 0)


def test_copies_are_runs_of_eight_words_inside_one_training_turn() -> None:
    training = TrainingText(["One two three four five, six seven eight nine ten.", "and so on"])
    assert training.words == 13
    text = "Well one two three four five six seven eight nine and so on"
    found = training.copied([text, "one two three four five six seven eight nine ten", "and so on"])
    assert (found.runs, found.copied) == (6 + 3, 2 + 3)
    assert (found.longest, found.turns, found.whole) == (10, 2, 1)
    over_the_end = training.copied(["six seven eight nine ten and so on"])
    assert (over_the_end.runs, over_the_end.copied) == (1, 0)


def test_a_copied_run_is_followed_along_whichever_training_turn_goes_on_longest() -> None:
    start = "a b c d e f g h"
    training = TrainingText([f"{start} x", f"{start} i j k", f"{start} i"])
    found = training.copied([f"{start} i j z"])
    assert (found.longest, found.longest_text) == (10, f"{start} i j")


def test_names_and_addresses_that_nobody_gave_are_told() -> None:
    one = talk(
        "I met Maria and Zorblax in Norway. Write to ann@example.org!",
        "Call me on 555-201-4477. Zorblax's dog is called Kiwi.",
    )
    said = [(turn.speaker, turn.text) for turn in one.turns]
    one = record("one", (["I live in Norway."], ["I have a dog."]), said)
    found = leaks([one], ["Maria"], frozenset({"met", "zorb"}))
    assert found.patterns == {"email": ["ann@example.org"], "phone": ["555-201-4477"]}
    assert found.names == {"Zorblax": 1, "Kiwi": 1}  # the second Zorblax begins a sentence
    assert found.unknown == ["Kiwi", "Zorblax"]


def test_capitals_at_the_head_of_a_sentence_and_i_are_no_names() -> None:
    assert capitals("Hi! So I'm in Paris... Then I saw Bo (Yes, Bo).") == ["Paris", "Bo", "Bo"]


def test_a_shared_first_place_is_no_hit_and_counts_as_its_mean_place() -> None:
    ranks = Ranks()
    ranks.add([3.0, 1.0, 2.0])
    ranks.add([1.0, 1.0, 0.0])
    ranks.add([1.0, 2.0, 3.0])
    assert ranks.places == [1, 1.5, 3]
    assert ranks.hits == pytest.approx(1 / 3)
    assert ranks.mrr == pytest.approx((1 + 2 / 3 + 1 / 3) / 3)


def test_trials_draw_the_same_turns_again_and_never_the_turn_before_as_a_candidate() -> None:
    some = [talk(*(f"turn {n} of {name}" for n in range(6)), name=name) for name in "abc"]
    found = trials(some, 2)
    assert [(one.talk.scene_id, one.at) for one in found] == [
        (one.talk.scene_id, one.at) for one in trials(some, 2)
    ]
    for one in found:
        assert one.at > 0
        assert one.options[0] == one.talk.turns[one.at].text
        assert len(one.options) == 20
        assert one.options[0] not in one.options[1:]
        assert one.talk.turns[one.at - 1].text not in one.options
    assert trials([talk("same", "same")], 1) == []


def test_words_find_the_answer_that_shares_them_and_the_persona_helps() -> None:
    one = talk("Do you sail?", "Yes, on the lake.", "Nice", "I sail a lot there.")
    trial = Trial(one, 3, ["I sail a lot there.", *["Do you like it here?"] * 19])
    pool = [one, talk("Do you like it here?", name="two")]
    assert by_words(pool, [trial], persona=True).hits == 1
    assert by_words(pool, [trial], persona=False).hits == 0
    assert by_bm25([trial], persona=True).hits == 1


def test_a_candidate_s_likelihood_is_that_of_its_tokens_after_the_talk_so_far() -> None:
    meter = Meter()
    prompt = [*formats.header([], [], style="made", turns=8), int(Control.U1), int(Control.SAY)]
    option = meter.bpe.encode("Hi there!")
    end = int(Control.U2)
    (found,) = after(meter, prompt, [option], end)
    nats = meter.nats([*prompt, *option, end])
    assert found == pytest.approx(-sum(nats[-len(option) - 1 :]), abs=1e-3)
    trial = Trial(talk("Hi there!", "Hello! How are you?"), 1, ["Hello! How are you?", "xq zzv"])
    assert by_likelihood(meter, [trial], style="made", persona=True)["sum"].hits == 1


def test_perplexity_of_a_word_and_of_a_token_are_of_the_same_nats() -> None:
    one = Source("made", (["I ski."], ["I sing."]), [(0, "Hi there!"), (1, "I sing a lot.")])
    found = perplexities(Meter(), [one, replace(one, facts=(["I row."], []))])
    assert found["words"] == 12
    for case in ("right", "wrong", "none"):
        a_token = math.log(found[f"a token, {case}"]) * found["tokens"]
        assert math.log(found[f"a word, {case}"]) * found["words"] == pytest.approx(a_token)


def rows() -> list[Labelled]:
    def turns(*texts: str) -> tuple[LabelledTurn, ...]:
        return tuple(
            LabelledTurn(speaker=1 if n % 2 else 0, text=text) for n, text in enumerate(texts)
        )

    both = [turns("I bake.", "I sail.", "I never bake."), turns("Hi you.", "I never sail.")]
    return [
        Labelled(conversation=n, weights="w", user_1=("I bake.",), user_2=("I sail.",), turns=said)
        for n, said in enumerate(both, start=1)
    ]


def test_marks_are_put_in_counted_and_read_back(tmp_path: Path) -> None:
    marks = tmp_path / "marks.txt"
    marks.write_text(
        "# mine\n1 3 own_contradiction bakes ✓\n1 fluency 3\n\n2 1 nonsense\n2 fluency 5 nice\n",
        encoding="utf-8",
    )
    found = labelled(rows(), marks)
    save(found, tmp_path / "labels.jsonl")
    assert load(tmp_path / "labels.jsonl") == found
    assert [turn.label for turn in found[0].turns] == ["none", "none", "own_contradiction"]
    assert (found[0].turns[2].note, found[0].fluency, found[1].note) == ("bakes ✓", 3, "nice")
    assert counts(found) == {
        "own_contradiction": (1, 1), "self_contradiction": (0, 0), "partner_confusion": (0, 0),
        "nonsense": (1, 1),
    }  # fmt: skip
    agreed = asyncio.run(agreement(found, Denies()))
    assert agreed == {
        "own facts": (1, 1, 0), "earlier turns": (0, 1, 0), "either": (1, 1, 0),
        "conversations": (1, 1, 0),
    }  # fmt: skip
    by_hand, fluency, expert = (table for _, table in tables(found, agreed))
    assert by_hand[1] == ["own contradiction", "1", "20.0%", "1", "50%"]
    assert fluency[1] == ["conversations", "0", "0", "1", "0", "1", "4.00"]
    assert expert[1][-2:] == ["0.50 (1 of 2)", "1.00 (1 of 1)"]
    assert expert[2][-2:] == ["0.00 (0 of 1)", "-"]


def test_every_fault_of_the_marks_is_named_with_its_line(tmp_path: Path) -> None:
    marks = tmp_path / "marks.txt"
    marks.write_text(
        "1 fluency 6\n1 9 nonsense\n1 1 odd\n7 1 nonsense\nhello\n2 1 nonsense\n2 1 nonsense\n",
        encoding="utf-8",
    )
    with pytest.raises(UserError) as error:
        labelled(rows(), marks)
    for part in ("line 1: fluency is 6", "line 2: conversation 1 has no turn 9, it has 1 to 3",
                 "line 3: odd is none of none, own", "line 4: there is no conversation 7", "line 5",
                 "line 7: turn 1 of 2 comes twice", "no fluency for 1, 2"):  # fmt: skip
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"fluency": 9}, "line 2: fluency is 9"),
        ({"conversation": 1}, "line 2: conversation 1 comes twice"),
        ({"turns": [{"speaker": 0, "text": "x", "label": "odd"}]}, "line 2 is not a labelled"),
    ],
)
def test_a_broken_line_of_the_labels_is_named(
    tmp_path: Path, change: dict[str, object], fault: str
) -> None:
    path = tmp_path / "labels.jsonl"
    save(rows(), path)
    first, second = path.read_text(encoding="utf-8").splitlines()
    path.write_text(f"{first}\n{json.dumps(json.loads(second) | change)}\n", encoding="utf-8")
    with pytest.raises(UserError, match=fault):
        load(path)


def test_the_labels_in_the_repository_are_whole_if_there_are_any() -> None:
    from benchmarks.embedded_labels import LABELS

    if not LABELS.is_file():
        pytest.skip("nobody has labelled conversations of the shipped weights yet")
    found = load()
    pairs = made_up_pairs()
    assert len(found) == 50
    assert all(row.fluency is not None for row in found)
    assert [(list(row.user_1), list(row.user_2)) for row in found] == pairs


def test_fifty_made_up_pairs_are_all_different_people() -> None:
    pairs = made_up_pairs()
    assert len(pairs) == 50
    people = [tuple(side) for pair in pairs for side in pair]
    assert len(set(people)) == 100
    assert all(fact.endswith(".") and fact[0].isupper() for side in people for fact in side)


def test_what_is_to_be_read_holds_every_turn_with_its_numbers() -> None:
    made = write("m", [DOGS], turns=4, seed="a")
    (row,) = unlabelled(made)
    text = to_read([row])
    assert weights_mark() in text
    for number, turn in enumerate(row.turns, start=1):
        assert f"1 {number:>2} ({turn.speaker + 1}) {turn.text}" in text
    assert row.talk().turns == made.talks[0].turns


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The whole command on eight small conversations, written into a copy of the page."""
    folder = tmp_path_factory.mktemp("page")
    write_corpora(folder)
    target = folder / "page.md"
    target.write_text("# Page\n\n<!-- targets: begin -->\n<!-- targets: end -->\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedded_tables, "LENGTHS", (2, 4))
        patch.setattr(embedded_tables, "GROUNDINGS", (0.0, 1.0))
        patch.setattr(embedded_tables, "TURNS", 4)
        patch.setattr("benchmarks.embedded_text.TURNS", 4)
        patch.setattr("benchmarks.embedded_text.TOLD_TURNS", 4)
        given = argparse.Namespace(
            data=folder, n=2, written=3, judged=3, control=2, each=1, told=2, write=target,
            only=list(embedded_tables.PARTS), labels=folder / "none.jsonl",
        )  # fmt: skip
        embedded.measure(given)
    return target.read_text(encoding="utf-8")


def test_the_command_writes_every_part_and_the_targets_come_first(page: str) -> None:
    places = {name: page.index(f"<!-- {name}: begin -->") for name in embedded_tables.PARTS}
    assert min(places, key=lambda name: places[name]) == "targets"
    assert "| SPC valid | 2 |" in page
    assert "written, default, 3 pairs" in page
    assert "Nobody has labelled" in page
    assert page.count("\n### ") == 2
    assert "| 4 | 2 | 4." in page  # four turns asked, two conversations
    assert "| e-mail addresses and phone numbers written | none | 0 | met |" in page


def test_so_few_words_meet_and_miss_no_target_of_variety(page: str) -> None:
    (row,) = [line for line in page.splitlines() if line.startswith("| distinct-2 at")]
    assert row.endswith("| too few to tell |")


def test_targets_stay_as_they_are_when_a_part_was_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_corpora(tmp_path)
    target = tmp_path / "page.md"
    target.write_text("<!-- targets: begin -->\nold\n<!-- targets: end -->\n")
    given = argparse.Namespace(data=tmp_path, n=1, write=target, only=["perplexity", "targets"])
    embedded.measure(given)
    text = target.read_text()
    assert "<!-- targets: begin -->\nold\n<!-- targets: end -->" in text
    assert "Perplexity of the words" in text
    assert "left as they are" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--data", "nowhere"], "the corpora are not in nowhere"),
        (["--labelled", "no.txt", "no-marks.txt"], "there is no file no.jsonl"),
    ],
)
def test_what_is_missing_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    fault: str,
) -> None:
    monkeypatch.setattr(sys, "argv", ["embedded.py", *words])
    assert embedded.main() == 2
    assert fault in capsys.readouterr().err


def test_held_out_text_is_none_of_the_training_text(shared_data: Path) -> None:
    """Valid profiles may come back; a whole validation conversation may not."""
    folder = shared_data / "synthetic-persona-chat"
    from dramaturg.train.embedded.sources import rows as read

    trained = {json.dumps(row["turns"]) for row in read(folder / "train.jsonl.gz")}
    held = [json.dumps(row["turns"]) for row in read(folder / "valid.jsonl.gz")]
    assert not trained & set(held)
    assert np.array(held).size > 900
