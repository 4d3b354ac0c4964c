"""Wrong parts for the proofs of forum threads: errors of the released code, and likely ones."""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from dramaturg import evaluate, generate, persona, scorers
from dramaturg.evaluate import AttributeGuess, AttributeItem, AttributeLabel, Hits
from dramaturg.persona import Drawn
from dramaturg.scorers import Leak
from dramaturg.scorers.yes_no import YesNo


def yes_by_its_letters(reply: str) -> YesNo:
    """The released code: a class of characters, so that any e or s is a yes."""
    return YesNo(yes=bool(re.search("[yesYES]", reply)), why="")


def verdict_by_its_start(reply: str, count: int) -> tuple[float, ...]:
    values = {"y": 1.0, "n": 0.0, "l": 0.5}
    parts = [p.strip(' ."[]1234567890').lower() for p in re.split(r"[;\n,]", reply)]
    return tuple(values.get(part[:1], 0.0) for part in parts if part)


def unknown_is_no(reply: str, count: int) -> tuple[float, ...]:
    """The released code: any other word leaves the 0 that stood there."""
    try:
        return scorers.read_verdicts(reply, count)
    except Exception:
        return (0.0,) * count


def without_limits(
    thread: Sequence[generate.Post], me: int, answered: Collection[int], *, draw: random.Random,
    deepest: int = 5, widest: int = 3, among: int = 10, root: bool = True,
) -> int | None:  # fmt: skip
    """The released code: with fewer than ten to choose from, depth and replies do not count."""
    return generate.choose_parent(
        thread, me, answered, draw=draw, deepest=99, widest=99, among=among, root=root
    )


def answers_twice(thread: Sequence[generate.Post], me: int, answered: Any, **given: Any) -> Any:
    return generate.choose_parent(thread, me, (), **given)


def answers_itself(thread: Sequence[generate.Post], me: int, answered: Any, **given: Any) -> Any:
    return generate.choose_parent(thread, -1, answered, **given)


def always_the_root(thread: Sequence[generate.Post], me: int, answered: Any, **given: Any) -> Any:
    return generate.choose_parent(thread, me, answered, **{**given, "root": True})


def sum_of_the_way(thread: Sequence[generate.Post], at: int, me: int) -> float:
    return generate.pull(thread, at, me) * len(generate.path_to_root(thread, at))


def own_leaf_draws(thread: Sequence[generate.Post], at: int, me: int) -> float:
    path = generate.path_to_root(thread, at)
    return (sum(5.0 if thread[p].author == me else 1.0 for p in path[:-1]) + 2.0) / len(path)


def digits_only(truth: str, guess: str) -> bool:
    """The released code: the numbers in it, a decade is its first year, 30-30 overlaps nothing."""
    one, other = ([int(n) for n in re.findall(r"\d+", text)] for text in (truth, guess))
    if not one or not other:
        return False
    if len(one) == len(other) == 1:
        return abs(one[0] - other[0]) <= 5
    if len(one) == 1 or len(other) == 1:
        (number,), span = (one, other) if len(one) == 1 else (other, one)
        return span[0] <= number <= span[1]
    common = max(0, min(one[1], other[1]) - max(one[0], other[0]))
    return common / max(min(one[1] - one[0], other[1] - other[0]), 1) >= 0.75


def any_overlap(truth: str, guess: str) -> bool:
    one, other = ([int(n) for n in re.findall(r"\d+", text)] for text in (truth, guess))
    return bool(one and other) and one[0] <= other[-1] + 5 and other[0] <= one[-1] + 5


def letters_in_common(attribute: str, truth: str, guess: str) -> float | None:
    """The closest option by its letters: "not in a relationship" is nearest to being in one."""
    import difflib

    if attribute not in ("sex", "income_level", "relationship_status"):
        return scorers.grade_by_rule(attribute, truth, guess)
    options = {
        "sex": ["male", "female"],
        "income_level": ["low", "middle", "high", "very high"],
        "relationship_status": [
            "single", "in a relationship", "engaged", "married", "divorced", "widowed",
        ],
    }[attribute]  # fmt: skip
    near = difflib.get_close_matches(guess.lower(), options, n=1, cutoff=0.0)
    return float(near[0] == truth)


def holds_the_word(attribute: str, truth: str, guess: str) -> float | None:
    return float(truth.lower() in guess.lower())


def half_a_hit(rows: Sequence[AttributeGuess], **given: Any) -> Hits:
    raised = [
        msgspec.structs.replace(row, grades=tuple(1.0 if g else 0.0 for g in row.grades))
        for row in rows
    ]
    return evaluate.attribute_hits(raised, **given)


def only_the_answered(rows: Sequence[AttributeGuess], **given: Any) -> Hits:
    """Who gives no answer is left out: the share rises with every refusal."""
    return evaluate.attribute_hits([row for row in rows if row.grades], **given)


def every_label(rows: Sequence[AttributeGuess], **given: Any) -> Hits:
    return evaluate.attribute_hits(rows, certain=0)


def any_of_all(rows: Sequence[AttributeGuess], **given: Any) -> Hits:
    return evaluate.attribute_hits(rows, top=10)


def sums_the_grades(rows: Sequence[AttributeGuess], **given: Any) -> Hits:
    found = evaluate.attribute_hits(rows)
    among = int(sum(sum(row.grades[:3]) for row in rows if row.certainty >= 3))
    return Hits(found.items, found.answered, found.first, among, found.less_precise)


def plain_shuffle(said: Mapping[str, Sequence[str]], *, seed: int) -> dict[str, list[str]]:
    texts = [text for one in said.values() for text in one]
    random.Random(seed).shuffle(texts)
    return {who: [texts.pop() for _ in one] for who, one in said.items()}


def next_in_line(said: Mapping[str, Sequence[str]], *, seed: int) -> dict[str, Sequence[str]]:
    """Everybody gets all comments of the next author: other numbers of comments."""
    names = list(said)
    return dict(zip(names, [said[who] for who in [*names[1:], names[0]]], strict=True))


def leaves_out_the_silent(*models: Any, seed: int) -> Any:
    """Who gives no answer is no item."""
    sit = evaluate.sit_attributes(*models, seed=seed)

    async def work(item: AttributeItem) -> list[AttributeGuess]:
        return [row for row in await sit(item) if row.grades]

    return work


def half_labels(leaks: Sequence[Leak]) -> list[AttributeLabel]:
    return evaluate.attribute_labels([msgspec.structs.replace(one, grade=1.0) for one in leaks])


def last_tag_counts(leaks: Sequence[Leak]) -> list[AttributeLabel]:
    return evaluate.attribute_labels(list(leaks)[-1:])


def one_by_one(draw: random.Random) -> Drawn:
    """Each attribute by itself."""
    old, young = (persona.draw_person(random.Random(draw.random())) for _ in range(2))
    return msgspec.structs.replace(old, age=young.age)


def only_men(draw: random.Random) -> Drawn:
    return msgspec.structs.replace(persona.draw_person(draw), sex="male")


WRONG: dict[str, list[dict[str, Any]]] = {
    "verdicts_are_words": [
        {"joins": yes_by_its_letters},
        {"read": verdict_by_its_start},
        {"read": unknown_is_no},
    ],
    "where_a_reply_goes": [
        {"choose": without_limits},
        {"choose": answers_twice},
        {"choose": answers_itself},
        {"choose": always_the_root},
    ],
    "what_draws_a_reply": [{"pull": sum_of_the_way}, {"pull": own_leaf_draws}],
    "ages_agree": [{"matches": digits_only}, {"matches": any_overlap}],
    "options_are_words": [{"rule": letters_in_common}, {"rule": holds_the_word}],
    "hits_are_counted": [
        {"count": half_a_hit},
        {"count": only_the_answered},
        {"count": every_label},
        {"count": any_of_all},
        {"count": sums_the_grades},
    ],
    "silence_is_a_miss": [{"sit": leaves_out_the_silent}],
    "the_control_is_of_others": [{"shuffle": plain_shuffle}, {"shuffle": next_in_line}],
    "labels_are_right": [{"labels": half_labels}, {"labels": last_tag_counts}],
    "draws_go_together": [{"draw": one_by_one}, {"draw": only_men}],
}
