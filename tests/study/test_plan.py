"""What a study asks: which items, in which order, and what they give away."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.errors import RecordError, UserError
from dramaturg.study import (
    TASKS,
    checked,
    for_pages,
    mix,
    order_for,
    passes,
    plan_study,
    questions_for,
    share_of,
)
from dramaturg.study.checks import quotable, scrambled
from dramaturg.study.plan import even_surface
from dramaturg.study.sample import draw, matched, people_key
from tests.study.made import plan, talk, talks


@pytest.mark.parametrize("task", TASKS)
def test_what_is_shown_holds_no_id_no_dataset_and_no_key(task: str) -> None:
    made = plan(task)
    shown = json.dumps([[i.id, i.group, i.shown] for i in made.items])
    assert '"against"' not in shown
    assert '"key"' not in shown
    assert "check" not in shown
    for row in made.conversations:
        assert row.id not in shown
        assert row.scene_id not in shown
    if task != "faithfulness":
        return
    for kind in ("own", "negated", "other"):
        assert f'"{kind}"' not in shown


def test_checks_have_ids_like_all_others_and_stand_anywhere() -> None:
    made = plan("likert", 40, of=60, checks=0.25)
    places = [n for n, item in enumerate(made.items) if "check" in item.key]
    assert len(places) == 10
    assert places != list(range(10))
    assert places != list(range(40, 50))
    assert [item.id for item in made.items] == [f"i{n:05}" for n in range(1, 51)]


def test_the_questions_of_a_page_do_not_tell_what_checks_rest_on() -> None:
    for task in TASKS:
        assert "planted" not in json.dumps(for_pages(questions_for(task)))
        assert "critic" not in json.dumps(for_pages(questions_for(task)))


def test_the_human_side_is_a_as_often_as_b() -> None:
    made = plan("turing", 200, of=200, checks=0)
    first = Counter(item.key["a"] for item in made.items)
    assert 75 <= first["data"] <= 125
    for item in made.items:
        side = "made" if item.key["a"] == "data" else "human"
        assert f"the {side} side" in item.shown["sides"][0]["turns"][0][1]


def test_the_right_answer_of_a_check_is_a_as_often_as_b() -> None:
    made = plan("turing", 60, of=90, checks=0.5)
    sides = Counter(i.key["check"]["side"] for i in made.items if "check" in i.key)
    assert sides.total() == 30
    assert min(sides["a"], sides["b"]) >= 8


def test_pairs_are_of_the_same_people_where_the_other_dataset_has_them() -> None:
    ours, theirs = talks(20, "made"), talks(8, "human")
    pairs = matched(lambda: ours, lambda: theirs, 10, seed=1)
    same = [(a, b) for a, b, matches in pairs if matches]
    assert len(same) == 8
    assert all(people_key(a) == people_key(b) for a, b in same)
    only = matched(lambda: ours, lambda: theirs, 10, seed=1, same_people=True)
    assert len(only) == 8
    apart = matched(lambda: ours, lambda: theirs, 10, seed=1, same_people=False)
    assert len(apart) == 8
    assert not any(matches for *_, matches in apart)


def test_people_are_the_same_whatever_their_spelling_and_order() -> None:
    one = talk(3, "made")
    turned = msgspec.structs.replace(
        one,
        id="",
        speakers=tuple(
            msgspec.structs.replace(s, persona=tuple(f.upper() for f in reversed(s.persona)))
            for s in reversed(one.speakers)
        ),
    )
    assert people_key(turned) == people_key(one)
    assert people_key(talk(4, "made")) != people_key(one)


@given(st.permutations(list(range(12))), st.integers(1, 12))
@settings(max_examples=20, deadline=None)
def test_a_draw_depends_on_seed_and_content_not_on_the_order_of_the_file(
    order: list[int], count: int
) -> None:
    rows = talks(12, "made")
    drawn = draw((rows[n] for n in order), count, seed=5)
    assert [r.id for r in drawn] == [r.id for r in draw(rows, count, seed=5)]
    assert len({r.id for r in drawn}) == count


def test_a_conversation_that_stands_twice_in_a_file_is_drawn_once() -> None:
    rows = talks(4, "made") * 3
    assert len(draw(rows, 10, seed=1)) == 4


def test_faithfulness_asks_four_true_facts_and_four_distractors_that_are_not_true() -> None:
    made = plan("faithfulness", 6, checks=0)
    by_talk: dict[str, list[str]] = {}
    for item in made.items:
        by_talk.setdefault(item.key["ids"][0], []).append(item.key["kind"])
    for kinds in by_talk.values():
        assert kinds.count("own") == 4
        assert kinds.count("negated") + kinds.count("other") == 4
        assert kinds.count("negated") == 2
    facts = {row.id: {f for s in row.speakers for f in s.persona} for row in made.conversations}
    for item in made.items:
        is_own = item.shown["fact"] in facts[item.key["ids"][0]]
        assert is_own == (item.key["kind"] == "own")
        assert (item.key["fact_id"] is not None) == is_own


@pytest.mark.parametrize("task", TASKS)
def test_a_known_answer_passes_its_check_and_the_opposite_fails(task: str) -> None:
    made = plan(task, 8, checks=0.3)
    checks = [item.key["check"] for item in made.items if "check" in item.key]
    assert len(checks) == (8 if task == "faithfulness" else 2)
    for known in checks:
        good: dict[str, Any]
        bad: dict[str, Any]
        if task in ("turing", "pairwise"):
            other = {"a": "b", "b": "a"}[known["side"]]
            asked = known.get("names", ["human"])
            good = {"choices": dict.fromkeys(asked, known["side"])}
            bad = {"choices": dict.fromkeys(asked, other)}
        elif task == "likert":
            good = {"ratings": dict.fromkeys(known["scales"], 2)}
            bad = {"ratings": dict.fromkeys(known["scales"], 3)}
        elif task == "flags":
            good, bad = {"flags": known["any_of"][:1]}, {"flags": ["repetition"]}
        else:
            good = {"marks": {str(known["turn"]): known["relation"]}}
            bad = {"marks": {}}
        assert passes(task, known, good)
        assert not passes(task, known, bad)


@pytest.mark.parametrize("task", ["turing", "pairwise", "likert", "flags"])
@pytest.mark.parametrize(("of", "items", "checks"), [(1, 1, 0), (2, 1, 1), (3, 2, 1), (8, 7, 1)])
def test_a_check_shows_nothing_that_an_item_shows_however_small_the_data(
    task: str, of: int, items: int, checks: int
) -> None:
    made = plan(task, 8, of=of)
    assert (len(made.items) - made.about["checks"], made.about["checks"]) == (items, checks)
    assert made.about["checks_missing"] == 1 - checks
    said = {"real": set[str](), "check": set[str]()}
    for item in made.items:
        sides = item.shown.get("sides") or [item.shown["talk"]]
        said["check" if "check" in item.key else "real"] |= {
            " ".join(sorted(" ".join(text for _, text in side["turns"]).split())) for side in sides
        }
    assert not said["real"] & said["check"]


def test_a_check_shows_no_conversation_of_a_pair_that_shares_one_side() -> None:
    ours, theirs = talks(2, "made"), talks(6, "human")
    pairs = [(ours[n % 2], theirs[n], False) for n in range(6)]
    made = plan_study(questions_for("pairwise"), lambda: ours, count=4, checks=0.5, pairs=pairs)
    assert (made.about["checks"], made.about["checks_missing"]) == (0, 2)


def test_a_pairwise_check_rests_on_planted_scales_only() -> None:
    def planned(*names: str) -> list[dict[str, Any]]:
        questions = questions_for("pairwise", names)
        made = plan_study(questions, lambda: talks(12, "made"), lambda: talks(12, "human"), count=8)
        return [item.key["check"] for item in made.items if "check" in item.key]

    (known,) = planned("natural", "diverse")
    assert known["names"] == ["natural"]
    even = {"choices": {"natural": known["side"], "diverse": "tie"}}
    assert passes("pairwise", known, even)
    assert not passes("pairwise", known, {"choices": {"natural": "tie", "diverse": known["side"]}})
    assert planned("diverse", "consistent") == []


def test_facts_are_shown_beside_both_sides_or_neither() -> None:
    bare = [
        msgspec.structs.replace(
            row,
            id="",
            speakers=tuple(
                msgspec.structs.replace(s, persona=(), fact_ids=()) for s in row.speakers
            ),
        )
        for row in talks(12, "human")
    ]
    made = plan_study(questions_for("pairwise"), lambda: talks(12, "made"), lambda: bare, count=8)
    for item in made.items:
        if "check" not in item.key:
            assert [side["facts"] for side in item.shown["sides"]] == [[], []]
    both = plan("pairwise")
    assert all(side["facts"] for item in both.items for side in item.shown["sides"])


def test_scrambled_words_keep_their_turns_lengths_and_words() -> None:
    said = ["I have two big dogs at home.", "Oh, how very nice of you to say so!"]
    dealt = scrambled(said, seed=3)
    assert dealt != said
    assert [len(t.split()) for t in dealt] == [len(t.split()) for t in said]
    assert sorted(" ".join(dealt).split()) == sorted(" ".join(said).split())
    chinese = ["我有两只狗我很喜欢它们", "真好我也喜欢狗"]
    assert sorted("".join(scrambled(chinese, seed=3))) == sorted("".join(chinese))
    assert scrambled(chinese, seed=3) != chinese


def test_a_quoted_fact_is_said_word_for_word_and_is_no_question() -> None:
    found = quotable(talk(2, "made"))
    assert found == (2, "I have 2 hens at home and I like them a lot.")
    assert quotable(talk(2, "made", ["Do I know you?", "No.", "Fine."])) is None


def test_two_datasets_are_asked_for_where_two_are_compared() -> None:
    with pytest.raises(UserError, match="compares two datasets"):
        plan_study(questions_for("turing"), lambda: talks(3, "made"))
    with pytest.raises(UserError, match="looks at one dataset"):
        plan_study(questions_for("likert"), lambda: talks(3, "x"), lambda: talks(3, "y"))


def test_evened_texts_do_not_tell_tokenised_from_typed() -> None:
    assert even_surface("i 'm fine , thanks . do n't worry !") == even_surface(
        "I’m fine, thanks. Don't  worry!"
    )


def test_an_annotator_s_order_is_their_own_and_stays() -> None:
    items = plan("likert", 30, of=40, checks=0).items
    ann = [item.id for item in order_for(items, 13, "ann")]
    assert ann == [item.id for item in order_for(reversed(items), 13, "ann")]
    assert ann != [item.id for item in order_for(items, 13, "ben")]
    assert ann != [item.id for item in order_for(items, 14, "ann")]
    assert sorted(ann) == sorted(item.id for item in items)


def test_people_who_stop_early_have_judged_the_same_items() -> None:
    items = plan("likert", 60, of=80, checks=0).items
    early = [{item.id for item in order_for(items, 13, name)[:20]} for name in ("ann", "ben")]
    assert early[0] == early[1]
    assert [i.id for i in order_for(items, 13, "ann")[:20]] != sorted(early[0])


def test_facts_of_one_conversation_follow_each_other() -> None:
    items = order_for(plan("faithfulness", 6).items, 13, "ann")
    groups = [item.group for item in items]
    assert len(list(dict.fromkeys(groups))) == sum(
        a != b for a, b in zip([None, *groups], groups, strict=False)
    )


@pytest.mark.parametrize(("parts", "per_item"), [(5, 2), (3, 3), (4, 1), (2, 3)])
def test_shares_together_show_each_item_to_as_many_as_asked(parts: int, per_item: int) -> None:
    items = plan("likert", 20, of=30, checks=0.1).items
    seen = Counter(i.id for p in range(1, parts + 1) for i in share_of(items, p, parts, per_item))
    for item in items:
        assert seen[item.id] == (parts if "check" in item.key else min(per_item, parts))


def test_the_hash_of_the_order_is_even() -> None:
    places = Counter(mix(f"13|ann|i{n:05}") % 10 for n in range(5_000))
    assert max(places.values()) < 600
    assert min(places.values()) > 400


ANSWERS = {
    "turing": {"choices": {"human": "a"}, "left": "b"},
    "pairwise": {"choices": {"overall": "tie"}, "left": "a"},
    "likert": {
        "ratings": dict.fromkeys(("natural", "coherent", "consistent", "depth", "likable"), 3)
    },
    "faithfulness": {"marks": {"0": "entail", "2": "contradict"}},
    "flags": {"flags": ["toxic"]},
}


@pytest.mark.parametrize(
    ("task", "bad"),
    [
        ("turing", {"choices": {"human": "c"}, "left": "a"}),
        ("turing", {"choices": {"human": "a"}}),
        ("turing", {"choices": {}, "left": "a"}),
        ("turing", []),
        ("likert", {"ratings": {"natural": 6}}),
        ("likert", {"ratings": {"natural": True}}),
        ("likert", {"ratings": {"natural": 3.0}}),
        ("likert", {"ratings": {"charm": 3}}),
        ("faithfulness", {"marks": {"1": "entail"}}),
        ("faithfulness", {"marks": {"99": "entail"}}),
        ("faithfulness", {"marks": {"0": ["entail"]}}),
        ("faithfulness", {"marks": {"-1": "entail"}}),
        ("flags", {"flags": ["<script>"]}),
        ("flags", {"flags": [{}]}),
        ("flags", {}),
    ],
)
def test_what_is_no_answer_is_refused(task: str, bad: object) -> None:
    shown = {"speaker": 0, "talk": {"turns": [[0, "a"], [1, "b"], [0, "c"]]}}
    questions = questions_for(task)
    assert checked(questions, shown, ANSWERS[task], whole=True) == ANSWERS[task]
    with pytest.raises(RecordError):
        checked(questions, shown, bad, whole=True)


def test_an_unknown_scale_names_the_nearest() -> None:
    with pytest.raises(UserError, match="no scale 'natrual'") as caught:
        questions_for("likert", ["natrual"])
    assert "natural" in caught.value.fix
    with pytest.raises(UserError, match="no task 'turning'"):
        questions_for("turning")
    with pytest.raises(UserError, match="--quality does not go"):
        questions_for("turing", ["natural"])
