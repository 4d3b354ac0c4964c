"""Proofs of the cast of characters: when a talk ends, what rests, echoes, meetings, the matcher."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dramaturg import evaluate, generate, pairing, profile
from dramaturg.models import Call, ScriptedModel
from dramaturg.proofs.proof import hold, proof
from dramaturg.records import Fact, Pair, Persona, Scene

NAME = "character-chat"
Stop = Callable[[Sequence[float]], bool]
Bank = Callable[..., generate.MemoryBank]
Strip = Callable[[str, str], tuple[str, bool]]
Need = Callable[[str, str], bool]
Choose = Callable[[str, tuple[str, ...]], str]
Assign = Callable[..., Sequence[tuple[int, int]]]
Meet = Callable[..., Sequence[Pair]]
Compare = Callable[..., evaluate.Beaten]
Learn = Callable[..., Any]
Play = Callable[..., Any]


@proof(NAME, "a talk ends when the mood has been good twice in a row, with five ratings or more")
def two_good_moods_of_five(
    stop: Stop = generate.Lasting(level=4, run=2, least=5),  # noqa: B008
) -> str:
    ends = [(1, 2, 3, 4, 4), (5, 5, 5, 5, 5), (0, 0, 0, 0, 0, 4, 5)]
    goes_on = [(4, 4), (4, 4, 4, 4), (4, 4, 1, 1, 4), (1, 4, 4, 4, 3), (1, 2, 3, 3, 5), ()]
    for moods in ends:
        hold(stop(list(moods)), f"the moods {list(moods)} do not end the talk")
    for moods in goes_on:
        hold(not stop(list(moods)), f"the moods {list(moods)} end the talk")
    return f"[1, 2, 3, 4, 4] ends it, [4, 4] does not; {len(ends) + len(goes_on)} rows in all"


@proof(NAME, "a memory used 3 times in the last 5 choices rests; the first choice fails nothing")
def three_of_five_rest(bank: Bank = generate.MemoryBank) -> str:
    names = ("hobby", "family", "work")
    used = ["hobby", "family", "hobby", "work", "hobby", "work", "family", "work", "work"]
    wanted = [(), (), (), (), ("hobby",), (), (), ("work",), ("work",)]
    here = bank({name: name for name in names}, window=5, most=3)
    for i, (name, rests) in enumerate(zip(used, wanted, strict=True)):
        try:
            here.use(name)
            found = tuple(here.resting)
        except Exception as error:  # whatever a broken bank raises is what is told
            hold(False, f"choice {i + 1} failed with {type(error).__name__}: {error}")
        hold(found == rests, f"after {used[: i + 1]} rest {found} instead of {rests}")
        free = tuple(n for n in names if n not in rests)
        hold(tuple(here.offered) == free, f"{here.offered} are offered while {rests} rest")
    return "9 choices of 3 memories: rests come and go 2 times, none while nothing was used thrice"


@proof(NAME, "a first sentence that repeats the partner goes, and an anagram or a clause does not")
def echoes_go(strip: Strip = generate.without_echo) -> str:
    before = "It rained. I lost my job at the mill."
    cases = {
        "I lost my job at the mill! What now?": "What now?",
        "It rained. So you stayed in?": "So you stayed in?",
        "I lost my hat at the mall once. What now?": "I lost my hat at the mall once. What now?",
        "It rained, you say, and then?": "It rained, you say, and then?",
        "Yes. I lost my job at the mill too.": "Yes. I lost my job at the mill too.",
    }
    anagram = "Mill the at job my lost I."  # the same letters
    cases[f"{anagram} Ha."] = f"{anagram} Ha."
    for reply, kept in cases.items():
        found, _ = strip(reply, before)
        hold(found == kept, f"of {reply!r} is left {found!r} instead of {kept!r}")
    return f"{len(cases)} replies: 2 echoes gone, the others whole, an anagram among them"


@proof(NAME, "a field is retold when it is long or names the person, by whole words")
def names_are_whole_words(need: Need = profile.needs_rewriting) -> str:
    rows = {
        ("Always late.", "Al Reed"): False,
        ("Al is late.", "Al Reed"): True,
        ("A reeded flute.", "Al Reed"): False,
        ("Reed's flute.", "Al Reed"): True,
        (" ".join(["word"] * 19), "Al Reed"): False,
        (" ".join(["word"] * 20), "Al Reed"): True,
        ("Fond of roses.", "Rose Hill"): False,
    }
    for (text, name), wanted in rows.items():
        hold(need(text, name) == wanted, f"{text!r} of {name}: {not wanted} instead of {wanted}")
    return f"{len(rows)} fields: 20 words are long, 19 are not; 'Al' is not in 'Always'"


@proof(NAME, "the choice of a memory is one name of the list, NONE, or nothing that can be used")
def one_name_or_none(choose: Choose = generate.parse_choice) -> str:
    from dramaturg.errors import ReplyError

    names = ("work", "social_life", "work_and_study")
    rows: dict[str, str | None] = {
        "social_life": "social_life",
        "**Social life.**": "social_life",
        "NONE": "",
        "none of them": "",
        "work and study": "work_and_study",
        "Workshops": None,
        "work or social life": None,
        "": None,
    }
    for reply, wanted in rows.items():
        try:
            found: str | None = choose(reply, names)
        except ReplyError:
            found = None
        hold(found == wanted, f"{reply!r} chose {found!r} instead of {wanted!r}")
    return f"{len(rows)} replies: 3 names, 2 NONE, 3 refused; 'Workshops' is not 'work'"


@proof(NAME, "every seeker meets ten others, never themselves and nobody twice")
def ten_others(meet: Meet = pairing.each_meets) -> str:
    people = [Persona(name=f"P{i}", facts=(Fact(text=f"I am number {i}."),)) for i in range(24)]
    sides = {p.id: "train" if i < 18 else "test" for i, p in enumerate(people)}
    pairs = meet(people, each=10, count=10_000, within=sides, seed=1)
    met: dict[str, list[str]] = {}
    for pair in pairs:
        met.setdefault(pair.first.id, []).append(pair.second.id)
    for person in people:
        others = met.get(person.id, [])
        wanted = min(10, sum(sides[p.id] == sides[person.id] for p in people) - 1)
        hold(len(others) == wanted, f"{person.name} meets {len(others)} instead of {wanted}")
        hold(len(set(others)) == len(others), f"{person.name} meets somebody twice")
        hold(person.id not in others, f"{person.name} meets themselves")
        hold({sides[o] for o in others} == {sides[person.id]}, "two splits meet")
    return f"{len(pairs)} meetings of 24 people in 2 splits: 18 with 10 others, 6 with all 5"


@proof(NAME, "in a talk the worry comes up in the seeker's second turn, and two farewells end it")
async def a_talk_by_the_rules(play: Play = generate.TwoAgents) -> str:
    moods = iter([1, 2, 3, 4, 4, 5, 5, 5])
    writer = ScriptedModel(
        by_task={
            "memory.choose": lambda call: "hobby" if "- hobby" in _shown(call) else "NONE",
            "turn.reply": lambda call: f"So it is, number {call.seed % 9973}.",
            "turn.farewell": "Goodbye then.",
        }
    )

    async def rate(text: str, before: str, seed: int) -> float:
        return float(next(moods))

    names = ("recent_worry", "hobby", "family")
    seeker, supporter = (_told(who, names) for who in ("Ada", "Ben"))
    scene = Scene(cast=(seeker.id, supporter.id))
    pair = Pair(first=seeker, second=supporter, scene=scene)
    sides = (
        generate.agent("seeker", seeker, also=["recent_worry"], must={1: "recent_worry"}),
        generate.agent("supporter", supporter, without=["recent_worry"]),
    )
    stop = generate.Lasting(level=4, run=2, least=5)
    talk = await play(writer, rate, stop, most=40).talk(pair, sides, seed=3)
    made: Mapping[str, Any] = talk.provenance.extra
    rows = made["memories"]
    worry = [row["turn"] for row in rows if row["chosen"] == "recent_worry"]
    hold(worry == [2], f"the worry came up at the turns {worry} instead of [2]")
    rated = sorted(map(int, made["ratings"]))
    hold(rated == [2, 4, 6, 8, 10], f"the turns {rated} were rated")
    ends = [call.task for call in writer.calls if call.task.startswith("turn.")][-3:]
    hold(ends == ["turn.reply", "turn.farewell", "turn.farewell"], f"it ended with {ends}")
    hold(len(talk.turns) == 13, f"the talk has {len(talk.turns)} turns instead of 13")
    for who in (0, 1):
        mine = [row for row in rows if row["speaker"] == who and row["turn"] != 2]
        first = next((i for i, row in enumerate(mine) if "hobby" not in row["offered"]), None)
        hold(first == 3, f"speaker {who}: the hobby rests after {first} own uses instead of 3")
    hold(
        all("recent_worry" not in row["offered"] for row in rows if row["speaker"] == 1),
        "the supporter is offered a worry",
    )
    return "moods 1 2 3 4 4: 13 turns, the worry at turn 2, each speaker's hobby rests after 3 uses"


@proof(NAME, "with one window, what either speaker brings up three times rests for both")
async def one_window_for_both(play: Play = generate.TwoAgents) -> str:
    writer = ScriptedModel(
        by_task={
            "memory.choose": lambda call: "hobby" if "- hobby" in _shown(call) else "NONE",
            "turn.reply": lambda call: f"So it is, number {call.seed % 9973}.",
            "turn.farewell": "Goodbye then.",
        }
    )
    first, second = (_told(who, ("hobby", "family")) for who in ("Ada", "Ben"))
    pair = Pair(first=first, second=second, scene=Scene(cast=(first.id, second.id)))
    sides = (generate.agent("seeker", first), generate.agent("supporter", second))
    never = generate.Lasting(level=9)
    talk = await play(writer, None, never, most=12, one_window=True).talk(pair, sides, seed=3)
    rows = talk.provenance.extra["memories"]
    used = [row["speaker"] for row in rows if row["chosen"] == "hobby"]
    hold(used == [1, 0, 1], f"the hobby was brought up by {used} instead of 1, 0 and 1")
    later = [row["offered"] for row in rows[3:]]
    hold(len(later) == 6, f"{len(later)} turns come after instead of 6")
    hold(all(offered == ["family"] for offered in later), f"then are offered {later}")
    return "3 uses by two speakers: the hobby rests for both in all 6 turns after"


@proof(NAME, "one to one: the best sum of all together, which the greedy choice misses")
def best_together(assign: Assign = pairing.one_to_one) -> str:
    import itertools
    import random

    table = [[9.0, 8.0, 1.0], [8.0, 1.0, 0.0], [7.0, 6.0, 5.0]]
    pairs = list(assign(table))
    hold(sum(table[r][c] for r, c in pairs) == 21, f"the pairs {pairs} do not sum to 21")
    draw = random.Random(7)
    for size in (2, 3, 4, 5) * 5:
        rows = [[draw.randint(0, 9) * 1.0 for _ in range(size)] for _ in range(size)]
        made = list(assign(rows))
        hold(
            sorted(r for r, _ in made) == sorted(c for _, c in made) == list(range(size)),
            f"somebody of {size} is alone or taken twice: {made}",
        )
        total = sum(rows[r][c] for r, c in made)
        best = max(
            sum(rows[r][c] for r, c in enumerate(p)) for p in itertools.permutations(range(size))
        )
        hold(total == best, f"a table of {size} gave {total} instead of {best}")
    return "21 tables up to 5 x 5, each as good as the best of all permutations"


@proof(NAME, "beside a matcher stand the mean rating and a line in the cosine, seekers kept apart")
def baselines_stand_beside(compare: Compare = evaluate.against_baselines) -> str:
    import numpy as np

    draw = np.random.default_rng(5)
    firsts, seconds, groups = _people(draw, seekers=30, each=8)
    own = np.repeat(draw.normal(size=30), 8)  # how kindly each seeker rates, and nothing else
    ratings = (4.1 + 0.35 * own).tolist()
    said = compare(pairing.learn_match, firsts, seconds, ratings, groups)
    known = {"mean rating", "straight line in the cosine", "learned"}
    hold(set(said.mse) == known, f"the errors told are those of {sorted(said.mse)}")
    variance = float(np.var(ratings))
    hold(abs(said.variance - variance) < 1e-9, f"variance {said.variance} instead of {variance}")
    hold(
        said.mse["mean rating"] > variance,
        f"the mean rating of others is off by {said.mse['mean rating']:.3f}, less than their "
        f"variance {variance:.3f}: it knew those left out",
    )
    hold(not said.beats, f"a matcher beats the mean where a rating is the seeker's mood: {said}")
    wanted = 4 + 3 * (np.asarray(firsts)[:, 0] * np.asarray(seconds)[:, 0])
    told = compare(pairing.learn_match, firsts, seconds, wanted.tolist(), groups)
    hold(told.beats, f"a matcher does not beat the mean where the rating can be learned: {told}")
    hold((told.n, told.groups) == (240, 30), f"n {told.n}, groups {told.groups}")
    return (
        f"seekers' moods: mean {said.mse['mean rating']:.3f}, learned {said.mse['learned']:.3f}; "
        f"a true fit: mean {told.mse['mean rating']:.3f}, learned {told.mse['learned']:.3f}"
    )


@proof(NAME, "the matcher learns what no straight line in one cosine can say")
def more_than_a_line(learn: Learn = pairing.learn_match) -> str:
    import numpy as np

    draw = np.random.default_rng(6)
    firsts, seconds, groups = _people(draw, seekers=40, each=6)
    a, b = np.asarray(firsts), np.asarray(seconds)
    ratings = 4 + 2 * a[:, 0] * b[:, 0] - 2 * a[:, 1] * b[:, 1]  # like there, unlike here
    train, test = slice(0, 180), slice(180, 240)
    model = learn(a[train], b[train], ratings[train].tolist(), groups[:180])
    error = float(((model.of_pairs(a[test], b[test]) - ratings[test]) ** 2).mean())
    variance = float(ratings[test].var())
    hold(error < 0.2 * variance, f"error {error:.3f} of a variance of {variance:.3f}")
    table = model(a[:3], b[:4])
    hold(np.shape(table) == (3, 4), f"a table of {np.shape(table)} instead of (3, 4)")
    return f"10 seekers left out: error {error:.3f}, variance {variance:.3f} (n 60)"


def _people(draw: Any, *, seekers: int, each: int) -> tuple[Any, Any, list[int]]:
    """Unit vectors of seekers, each repeated, of as many different supporters, and the groups."""
    import numpy as np

    def unit(n: int) -> Any:
        rows = draw.normal(size=(n, 6))
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    groups = np.repeat(np.arange(seekers), each)
    return unit(seekers)[groups], unit(seekers * each), groups.tolist()


def _shown(call: Call) -> str:
    return call.messages[-1].content


def _told(name: str, memories: Sequence[str]) -> Persona:
    views = {
        "statement": f"You are {name}.",
        "memories": {memory: f"Your {memory}." for memory in memories},
        "tones": ["Well."],
    }
    return Persona(name=name, facts=(Fact(text=f"I am {name}."),), views=views)
