"""Proofs of hidden attributes: what is said aloud, what is told, and how answers are scored."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from dramaturg import evaluate, generate, persona, scorers
from dramaturg.errors import DramaturgError, RecordError
from dramaturg.evaluate import AttributeScores
from dramaturg.generate import Request, RequestKind
from dramaturg.models import Call, ScriptedModel
from dramaturg.persona import Grid, Rule
from dramaturg.proofs.proof import hold, proof
from dramaturg.recipes import hint_readings, hint_requests, hints
from dramaturg.recipes.hints import HintItem
from dramaturg.records import Persona

NAME = "ip-dialog"
Tau = Callable[[Sequence[str], Sequence[str]], float]
Build = Callable[..., Grid]
Draw = Callable[..., list[Persona]]
Aloud = Callable[[Sequence[str], Sequence[str]], Sequence[str]]
Score = Callable[..., AttributeScores]
HintOne = Callable[..., Awaitable[Any]]
ReadAll = Callable[..., Awaitable[hint_readings.HintReadings]]
Pair = Callable[..., list[hint_requests.Asked]]
Figures = Callable[..., list[dict[str, Any]]]
ReadAnswer = Callable[..., tuple[str, ...]]
ReadRound = Callable[[str], tuple[str, str]]


@proof(NAME, "an order is scored by where each item stands, not by comparing letters")
def ranks_of_items(tau: Tau = evaluate.kendall_tau) -> str:
    found = tau("ACDB", "BCDA")
    hold(abs(found + 2 / 3) < 1e-9, f"ACDB against BCDA is {found:+.2f}, not -0.67")
    orders = list(itertools.permutations("ABCD"))
    differ = 0
    for right, given in itertools.product(orders, orders):
        ranks = [given.index(item) for item in right]
        pairs = list(itertools.combinations(ranks, 2))
        expected = sum(1 if a < b else -1 for a, b in pairs) / len(pairs)
        value = tau(right, given)
        hold(abs(value - expected) < 1e-9, f"{right} against {given}: {value}, not {expected}")
        letters = itertools.combinations(zip(right, given, strict=True), 2)
        by_place = sum(1 if (a[0] < b[0]) == (a[1] < b[1]) else -1 for a, b in letters) / 6
        differ += abs(by_place - expected) > 1e-9
    hold(differ == 296, f"{differ} of 576 pairs differ")
    return "-0.67; of 576 pairs of orders 296 would differ if letters were compared"


@proof(NAME, "a rule with a value that no attribute has is refused, not passed over")
def rules_are_checked(build: Build = Grid) -> str:
    attributes = {"age": ("young_adult", "elderly"), "work": ("student", "retiree")}
    bad = [
        Rule(when={"age": ("young adult",)}, never={"work": ("retiree",)}),
        Rule(when={"age": ("elderly",)}, only={"job": ("retiree",)}),
    ]
    for rule in bad:
        try:
            build(attributes=attributes, rules=(rule,))
        except ValueError:
            continue
        hold(False, f"the rule {rule} was taken, and would never apply")
    shipped = persona.load_grid()
    count, young = shipped.count(), {"age": "young adult", "profession": "student"}
    students = sum(all(one[k] == v for k, v in young.items()) for one in shipped.allowed())
    hold(count == 354_240, f"the grid of the package has {count:,} users, not 354,240")
    hold(students > 0, "there is no young adult who studies")
    return f"2 misspelt rules refused; {count:,} users, young adults who study among them"


@proof(NAME, "users keep to the rules, values to their weights, and every allowed user can come")
def rules_hold(draw: Draw = persona.from_grid) -> str:
    grid = Grid(
        attributes={
            "age": ("child", "adult"),
            "work": ("pupil", "driver", "farmer"),
            "home": ("urban", "rural"),
            "health": ("well", "ill"),
            "taste": tuple(f"taste {i}" for i in range(5_000)),
        },
        weights={"health": (0.9, 0.1)},
        rules=(
            Rule(when={"age": ("child",)}, only={"work": ("pupil",)}),
            Rule(when={"age": ("adult",)}, never={"work": ("pupil",)}),
            Rule(when={"work": ("farmer",)}, never={"home": ("urban",)}),
        ),
    )
    people = [dict(one.views["attributes"]) for one in draw(grid, 1_000, seed=7)]
    hold(len({tuple(p.values()) for p in people}) == 1_000, "a user comes twice")
    for one in people:
        hold(grid.allows(one), f"against a rule: {one}")
    seen = {(one["age"], one["work"], one["home"]) for one in people}
    hold(len(seen) == 5, f"{len(seen)} of 5 allowed combinations came")
    ill = sum(one["health"] == "ill" for one in people) / 1_000
    hold(0.07 < ill < 0.16, f"{ill:.1%} are ill, 10% were wanted")
    shares = Counter((one["age"], one["work"], one["home"]) for one in people)
    hold(min(shares.values()) > 120, f"allowed combinations are not equally likely: {shares}")
    few = draw(Grid(attributes={"a": ("1", "2"), "b": ("1", "2")}), 9, seed=1)
    hold(len(few) == 4, f"a grid of 4 gave {len(few)} different users")
    return f"1,000 users, 0 against 3 rules, 5 of 5 combinations, {ill:.1%} ill of 10% wanted"


@proof(NAME, "said aloud is what stands as whole words, however it is spelt")
def aloud_is_found(aloud: Aloud = scorers.said_aloud) -> str:
    cases = [
        (["factory_worker"], "I'm one of the factory workers here.", True),
        (["middle-aged"], "At my age, middle aged as I am, one rests.", True),
        (["crafts"], "My craft table is full.", True),
        (["urban"], "Any URBAN gardens near me?", True),
        (["high"], "That was the highlight of the week.", False),
        (["male"], "Any female doctors near me?", False),
        (["urban"], "The tram is late again, and my neighbours are loud.", False),
        (["sports"], "I packed for transports by sea.", False),
    ]
    for words, text, stated in cases:
        found = list(aloud(words, [text]))
        hold(bool(found) == stated, f"{words[0]!r} in {text!r}: {found}")
    grid = persona.load_grid()
    kept = hint_requests.spoken(grid, {"extraversion": "high"}, ["I set high goals."])
    hold(not kept, f"'high goals' is taken for {kept}: many attributes can be high")
    told = hint_requests.spoken(grid, {"extraversion": "high"}, ["I am an extrovert."])
    hold(bool(told), "'I am an extrovert' is not found")
    return f"{len(cases)} planted sentences, 4 aloud and 4 not: 8 of 8; a shared value is none"


@proof(NAME, "types first, then values among the types found: nothing is counted twice")
def attributes_are_scored(score: Score = evaluate.attribute_scores) -> str:
    right = [
        {"age": "young adult", "work": "cook", "home": "rural", "health": "well"},
        {"age": "child", "home": "urban"},
        {"taste": "music"},
    ]
    found = [
        {"Age": "x", "age": "Young_Adult", "work": "driver"},  # 2 of 3 types, 1 of 2 values
        {"age": "child", "home": "urban"},
        {},
    ]
    got = score(right, found)
    hold(abs(got.type_precision - (2 / 3 + 1 + 0) / 3) < 1e-9, f"precision {got.type_precision}")
    hold(abs(got.type_recall - (1 / 2 + 1 + 0) / 3) < 1e-9, f"recall {got.type_recall}")
    hold(abs(got.type_f1 - (4 / 7 + 1 + 0) / 3) < 1e-9, f"F1 {got.type_f1}")
    share = got.value_given_type
    hold((share.hits, share.n) == (3, 4), f"values {share.hits} of {share.n}, not 3 of 4")
    return "3 items: F1 0.52, values 3 of the 4 types found"


@proof(NAME, "a round that states, hides or denies an attribute is written again, or is not kept")
async def rounds_are_written_again(hint_round: HintOne = hints.hint_round) -> str:
    grid = _grid()
    tries = [
        ("As an urban person, where do I park?", "aloud"),
        ("Where do I park?", "shows nothing"),
        ("My farm is by the tram stop, where do I park?", "denies"),
        ("Past the tram stop, where do I park?", "fine"),
    ]

    def write(call: Call) -> str:
        return f"User: {tries[next(turn)][0]}\nAssistant: Behind the hall."

    def tells(call: Call) -> str:
        return "Yes\nWhy: the tram." if "tram" in call.messages[-1].content else "No\nWhy: nothing."

    def denies(call: Call) -> str:
        return "Yes\nWhy: a farm." if "farm" in call.messages[-1].content else "No\nWhy: nothing."

    turn = iter(range(99))
    writer = ScriptedModel(by_task={"round.implicit": write})
    critic = ScriptedModel(by_task={"judge.reveals": tells, "judge.clashes": denies})
    attributes = {"home": "urban", "work": "cook"}

    async def run(most: int) -> Any:
        return await hint_round(
            writer, critic, grid, attributes, {"home": "urban"}, "home", [], tries=most, seed=1
        )

    said, took, refused = await run(4)
    hold(said[0] == tries[3][0], f"kept: {said[0]!r}")
    hold(took == 4, f"{took} tries instead of 4")
    classes = dict(refused)
    hold(classes == {"said aloud": 1, "not told": 1, "clash": 1}, f"refused for {classes}")
    asked = [call.task for call in critic.calls]
    hold(asked.count("judge.reveals") == 3, "the judge was asked about a round said aloud")
    turn = iter(range(99))
    try:
        kept = await run(3)
    except RecordError:
        return "4 tries: aloud, hidden, denied, fine: the 4th is kept; with 3 tries none"
    hold(False, f"after 3 bad tries {kept[0][0]!r} was kept")
    return ""


@proof(NAME, "a history has one round for each attribute that the answer rests on, or is no item")
async def a_round_for_each(hint_item: HintOne = hints.hint_item) -> str:
    grid, user = _grid(), Persona(facts=(), views={"attributes": {"home": "urban", "work": "cook"}})
    asked = hint_requests.Asked(
        user=user, request=Request(kind=_KIND, domain="d", text="Shall I go out?")
    )
    gold = json.dumps({"attributes": ["work", "home"], "analysis": "So.", "answer": "yes"})

    def model(hidden: str) -> ScriptedModel:
        def tells(call: Call) -> str:
            return "No\nWhy: nothing." if f"{hidden}:" in call.messages[-1].content else "Yes"

        return ScriptedModel(
            by_task={
                "request.gold": gold,
                "round.implicit": "User: One moment, the pan!\nAssistant: Of course.",
                "judge.reveals": tells,
                "judge.clashes": "No",
            }
        )

    fine = model("nothing")
    item = await hint_item(fine, fine, grid, asked, tries=2, seed=1)
    hold(list(item.told) == ["work", "home"], f"told: {list(item.told)}")
    hold(len(item.history) == 2, f"{len(item.history)} rounds for 2 attributes")
    bad = model("home")
    try:
        short = await hint_item(bad, bad, grid, asked, tries=2, seed=1)
    except DramaturgError:
        return "2 attributes, 2 rounds; where one cannot be hinted at, no item"
    hold(False, f"an item of {len(short.history)} rounds for {len(short.related)} attributes")
    return ""


@proof(NAME, "with another user's history a reader finds attributes by chance only")
async def swapped_histories(read_items: ReadAll = hint_readings.read_items) -> str:
    grid = _grid()
    values = list(itertools.product(grid.attributes["home"], grid.attributes["work"]))
    items = []
    for number, (home, work) in enumerate(values * 4):
        attributes = {"home": home, "work": work}
        history = tuple((f"code {name}-{value}", "Noted.") for name, value in attributes.items())
        items.append(_item(number, attributes, history))

    def reader(call: Call) -> str:
        found = re.findall(r"code (\w+)-(\w+)", call.messages[-1].content)
        return json.dumps({"attributes": dict(found), "analysis": "So.", "answer": "yes"})

    tasks = (f"request.answer.{layout}" for layout in generate.LAYOUTS)
    model = ScriptedModel(by_task=dict.fromkeys(tasks, reader))
    read = await read_items(model, items, grid, [_KIND], "task_related", controls=True, seed=1)
    right = [item.related for item in items]
    shares = {}
    for one in read.readings:
        answers = [dict(answer.attributes) if answer else {} for answer in one.answers]
        if any(answers):
            shares[one.condition] = evaluate.attribute_scores(right, answers).value_f1
    own, other = shares.get("own history", 0.0), shares.get("another's history", 1.0)
    hold(own == 1.0, f"with its own history a reader who knows all finds {own:.2f}")
    hold(other <= 0.5, f"with another's history it finds {other:.2f}: chance is about 0.4")
    return f"a reader of code words, 24 items: {own:.2f} with its own history, {other:.2f} swapped"


@proof(NAME, "a request that names what its user is goes to another user, or to none")
def requests_name_nobody(pair_up: Pair = hint_requests.pair_up) -> str:
    grid = _grid()

    def user(home: str, work: str) -> Persona:
        return Persona(facts=(), views={"attributes": {"home": home, "work": work}})

    requests = [
        Request(kind=_KIND, domain="d", text="Is urban life for me?"),
        Request(kind=_KIND, domain="d", text="Are urban cooks and rural drivers happy?"),
        Request(kind=_KIND, domain="d", text="Shall I buy a boat?"),
    ]
    users = [user("urban", "cook"), user("rural", "cook"), user("urban", "driver")]
    paired = pair_up(requests, users, grid, 3)
    for one in paired:
        named = hint_requests.spoken(grid, one.attributes, [one.request.text])
        hold(not named, f"{one.request.text!r} went to a user with {named}")
    asked = [one.request.text for one in paired]
    hold(asked == [requests[0].text, requests[2].text], f"asked: {asked}")
    hold(len({one.user.id for one in paired}) == 2, "one user asks twice")
    return "3 requests: one to the user that it does not name, one to nobody, one to any"


@proof(NAME, "what a constant answer gets stands beside every score")
def constants_are_told(figures: Figures = hint_readings.hint_figures) -> str:
    answers = ["yes"] * 6 + ["no"] * 4
    items = [_item(i, {"home": "urban"}, (("x", "y"),), answer) for i, answer in enumerate(answers)]
    items += [_item(90 + i, {"home": "urban"}, (("x", "y"),), "A", "letters") for i in range(10)]
    read = hint_readings.HintReadings()
    rows = figures(items, _grid(), read, "critic", "reader")
    found = {row["name"]: (row["value"], row["n"]) for row in rows}
    hold(found.get("always yes") == (0.6, 10), f"always yes: {found.get('always yes')}")
    return "of 10 yes-or-no items 6 are yes: a constant yes scores 0.60 (n 10)"


@proof(NAME, "letters are read where they stand as answers, never out of words")
def answers_are_read(read_answer: ReadAnswer = generate.read_answer) -> str:
    options = "Which? A. bread B. cheese C. dates D. eggs"
    cases: list[tuple[Any, str, tuple[str, ...] | None]] = [
        (["B", "A", "D", "C"], "order", ("B", "A", "D", "C")),
        ("BADC", "order", ("B", "A", "D", "C")),
        ("B, A, D, C", "order", ("B", "A", "D", "C")),
        (["B. cheese", "A. bread", "D. eggs", "C. dates"], "order", ("B", "A", "D", "C")),
        ("B, A", "order", None),
        ("B, A, D, C, B", "order", None),
        (["A", "C"], "letters", ("A", "C")),
        ("E", "letters", None),
        ("a bread", "letters", None),
        ("Yes, by all means", "yes or no", ("yes",)),
        ("Nothing of the kind", "yes or no", None),
    ]
    for value, form, wanted in cases:
        try:
            found: tuple[str, ...] | None = read_answer(value, form, options)
        except RecordError:
            found = None
        hold(found == wanted, f"{value!r} as {form!r} is read as {found}, not {wanted}")
    return f"{len(cases)} answers, {sum(w is None for *_, w in cases)} of them none"


@proof(NAME, "one round is one message of each: more, or less, is not a round")
def one_round_each(read_round: ReadRound = generate.read_round) -> str:
    cases: list[tuple[str, tuple[str, str] | None]] = [
        ("User: Is it far?\nAssistant: Two stops.", ("Is it far?", "Two stops.")),
        ("**User:** Is it far?\n**AI:** Two\nstops.", ("Is it far?", "Two stops.")),
        ("User: Is it far?", None),
        ("Assistant: Two stops.", None),
        ("User: Hi.\nAssistant: Hi.\nUser: Bye.\nAssistant: Bye.", None),
    ]
    for reply, wanted in cases:
        try:
            found: tuple[str, str] | None = read_round(reply)
        except RecordError:
            found = None
        hold(found == wanted, f"{reply!r} is read as {found}")
    return "5 replies, 2 of them a round"


_KIND = RequestKind(name="decide", does="decide", request="?", answer="yes or no", form="yes or no")


def _grid() -> Grid:
    return Grid(attributes={"home": ("urban", "rural"), "work": ("cook", "driver", "farmer")})


def _item(
    number: int,
    related: dict[str, str],
    history: tuple[tuple[str, str], ...],
    answer: str = "yes",
    form: str = "yes or no",
) -> HintItem:
    return HintItem(
        person=f"p{number}", kind="decide", form=form, domain="d", request="Shall I go out?",
        attributes=related, related=related, told=tuple(related), analysis="So.",
        answer=(answer,), history=history, tries=(1,) * len(history), refused={}, id=f"i{number}",
    )  # fmt: skip
