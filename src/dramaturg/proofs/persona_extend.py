"""Proofs of persona-extend: what may join a profile, and what a retriever's figures must show."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from dramaturg import evaluate, profile, scorers
from dramaturg.evaluate import Found
from dramaturg.models import ScriptedNLI
from dramaturg.profile import FactPool, Retrieved
from dramaturg.proofs.proof import hold, proof
from dramaturg.records import Conversation, Fact, OutOfProfile, Speaker, Turn

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

NAME = "persona-extend"
Retrieve = Callable[..., Awaitable[Retrieved]]
Build = Callable[..., Awaitable[list[OutOfProfile]]]
Figures = Callable[..., list[Any]]
Attribute = Callable[..., Awaitable[list[scorers.Attribution]]]

NEVER, LOVES = "I have never been to Disneyland.", "I love Disneyland and its rides."
QUESTION = "We went to Disneyland for the rides. Have you ever been to Disneyland?"


class Words:
    """Unit vectors of word counts: enough of an embedder for planted cases."""

    ref = "planted words"

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        import zlib

        import numpy as np

        rows = np.zeros((len(texts), 256), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in scorers.tokens(text):
                row[zlib.crc32(word.encode()) % 256] += 1
        unit: npt.NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


@proof(NAME, "a fact that answers and contradicts the profile loses to one that answers and agrees")
async def agrees_with_the_profile(retrieve: Retrieve = profile.retrieve_fact) -> str:
    held = ["I go to Disneyland every summer with my sons.", "I am a nurse."]
    pool = await _pool(NEVER, LOVES, "I keep bees.", "I am afraid of rides.")
    for pair in ((held[0], NEVER), (NEVER, held[0])):  # seen in one direction only
        got = await retrieve(QUESTION, pool, held, ScriptedNLI({pair: "contradict"}), top=1)
        found = [fact.text for fact in got.facts]
        hold(found == [LOVES], f"{found} was found, the judge saw {pair}")
        told = [drop.reason_class for drop in got.refused]
        hold("contradiction" in told, f"what was passed over was told as {told}")
    return "2 candidates that answer, 1 denies the profile: 1 found, 1 passed over with its reason"


@proof(NAME, "what the profile says already is no extension, however well it answers")
async def nothing_twice(retrieve: Retrieve = profile.retrieve_fact) -> str:
    held = ["I've a dog called Rex.", "I am a nurse."]
    said_again = [
        "i have a dog called rex",
        "I have the dog called Rex!",
        "Rex is what my dog is called.",
    ]
    new = ["My dog sleeps on the sofa.", "On the sofa sleeps my dog.", "My sofa is red."]
    pool = await _pool(*said_again, *new)  # the second says what the first does
    nli = ScriptedNLI({(held[0], said_again[2]): "entail"})
    got = await retrieve("What is your dog called?", pool, held, nli, top=2)
    found = [fact.text for fact in got.facts]
    hold(found == ["My dog sleeps on the sofa.", "My sofa is red."], f"found were {found}")
    return "3 restatements in other words, 0 found; 2 new facts found"


@proof(NAME, "doubt never extends a profile: a candidate without a verdict is passed over")
async def no_verdict_no_fact(retrieve: Retrieve = profile.retrieve_fact) -> str:
    from dramaturg.errors import ReplyError

    class Mute(ScriptedNLI):
        async def judge(self, pairs: Any, *, seed: int = 0) -> Any:
            if any(LOVES in pair for pair in pairs):
                raise ReplyError("the reply is none of the three words", kind="no label")
            return await super().judge(pairs, seed=seed)

    pool = await _pool(LOVES, "I keep bees.")
    got = await retrieve(QUESTION, pool, ["I am a nurse."], Mute({}), top=1)
    found = [fact.text for fact in got.facts]
    hold(found == ["I keep bees."], f"{found} was found")
    return "the better of 2 candidates got no verdict: the other one was found"


@proof(NAME, "a retriever that counts common words has the best F1 with the question and no hit")
async def words_alone_answer_nothing(retrieve: Retrieve = profile.retrieve_fact) -> str:
    asked = {
        "what do you like to do in the evening ?": "i like to do what you do in the evening",
        "do you have a job or do you go to school ?": "i do have a job and you do have a school",
        "have you been on a boat in the summer ?": "have you been on the train in the summer",
    }
    answers = [
        "the evening is for my chess club", "my school job is to teach maths",
        "every summer i row my boat",
    ]  # fmt: skip
    pool = await _pool(*asked.values(), *answers)
    items = [
        OutOfProfile(query=query, held=(echo, "i am tall"), deleted=answer)
        for (query, echo), answer in zip(asked.items(), answers, strict=True)
    ]
    ours, words = [], []
    for item in items:
        got = await retrieve(item.query, pool, item.held, ScriptedNLI({}), top=3)
        ours.append(Found(item, tuple(fact.text for fact in got.facts)))
        words.append(Found(item, (evaluate.most_overlap(item.query, pool.texts),)))
    own = _by_name(evaluate.retrieval_figures(ours, "it"))
    control = _by_name(evaluate.retrieval_figures(words, "it"))
    hold(control["it_f1_with_question"] > own["it_f1_with_question"], "the control shares less")
    hold(control["it_hit_at_1"] == 0, "the control hits")
    hold(control["it_duplicates"] == 1, "the control is not in the profile")
    hold(own["it_hit_at_1"] == 1, f"hits at 1: {own['it_hit_at_1']}")
    hold(own["it_duplicates"] == 0, f"duplicates: {own['it_duplicates']}")
    shares = f"{control['it_f1_with_question']:.2f} against {own['it_f1_with_question']:.2f}"
    return f"3 questions: F1 with the question {shares}; hits 0 against 3, duplicates 3 against 0"


@proof(NAME, "the figures of a retriever are those of a hand: hits, duplicates, contradictions, F1")
def figures_by_hand(figures: Figures = evaluate.retrieval_figures) -> str:
    def item(*held: str) -> OutOfProfile:
        return OutOfProfile(query="do you row ?", held=held, deleted="i row", reply="yes i row")

    found = [
        Found(item("i am tall"), ("i row", "i am tall"), False),  # hit at 1, first is no duplicate
        Found(item("i swim", "i am tall"), ("i swim", "i sing", "i row"), True),  # hit at 3, known
        Found(item("i am old"), ("i sing", "i dance", "i swim", "i row"), None),  # fourth: no hit
        Found(item("i am old"), (), None),  # nothing found
    ]
    said = _by_name(figures(found, "it"))
    wanted = {
        "it_hit_at_1": 1 / 4, "it_hit_at_3": 2 / 4, "it_duplicates": 1 / 4,
        "it_contradictions": 1 / 2, "it_f1_with_question": (2 * 1 / 5) / 3,
        "it_f1_with_reply": (2 * 2 / 5 + 2 * 1 / 5 + 2 * 1 / 5) / 3,
    }  # fmt: skip
    for name, value in wanted.items():
        hold(abs(said.get(name, -1) - value) < 1e-9, f"{name} is {said.get(name)}, not {value}")
    return "4 questions: hit@1 1/4, hit@3 2/4, duplicates 1/4, contradictions 1/2"


@proof(NAME, "an item comes of a turn that uses exactly one fact, and that fact alone is taken out")
async def only_the_used_fact(build: Build = evaluate.out_of_profile) -> str:
    facts = ("I row.", "I keep bees.", "I am tall.")
    said = ["Hobbies?", "Bees!", "Oh?", "Rowing and bees.", "Nice day.", "It is.", "Sports?"]
    talk = Conversation(
        scene_id="s",
        speakers=(Speaker(name="A"), Speaker(name="B", persona=facts, persona_id="p-b")),
        turns=tuple(Turn(speaker=n % 2, text=t) for n, t in enumerate([*said, "I row."])),
    )
    used = {"Bees!": 1, "Rowing and bees.": None, "It is.": None, "I row.": 0}

    async def attribute(replies: Sequence[str], held: Sequence[Sequence[str]]) -> list[int | None]:
        return [used[reply] for reply in replies]

    items = await build([talk], attribute, most=10, seed=1)
    got = [(item.query, item.deleted, item.held) for item in items]
    wanted = [
        ("Hobbies?", "I keep bees.", ("I row.", "I am tall.")),
        ("Sports?", "I row.", ("I keep bees.", "I am tall.")),
    ]
    hold(got == wanted, f"the items are {got}")
    return "4 answers: 1 uses two facts, 1 none, 2 exactly one: 2 items"


@proof(
    NAME, "the fact that an utterance uses stands first among ten, and none does where none is used"
)
async def used_fact_first(attribute: Attribute = scorers.attribute) -> str:
    facts = [
        "I have two dogs.", "I work at a bakery.", "My brother lives in Norway.",
        "I play the cello.", "I am afraid of heights.", "I never eat meat.",
        "I drive an old red truck.", "I was born in Texas.", "I love thunderstorms.",
        "My favorite season is winter and I like it.",
    ]  # fmt: skip
    said = {
        "my dogs keep me busy, two of them": 0, "the bakery is where i work": 1,
        "norway , to see my brother": 2, "cello lessons , i play": 3,
        "not me , heights scare me": 4, "texas is where i was born": 7,
        "good morning , how are you ?": None, "nice , do you like it ?": None,
    }  # fmt: skip
    got = await attribute(list(said), [facts] * len(said), embedder=Words())
    for (text, wanted), one in zip(said.items(), got, strict=True):
        best = max(range(len(facts)), key=one.scores.__getitem__)
        if wanted is None:
            hold(not one.used, f"{text!r} is said to use {[facts[n] for n in one.used]}")
        else:
            hold(best == wanted, f"{text!r} is said to use {facts[best]!r}")
    return "6 utterances, each with its fact first of 10; 2 that use none have none"


async def _pool(*texts: str) -> FactPool:
    return await profile.fact_pool([Fact(text=text) for text in texts], Words())


def _by_name(figures: Sequence[Any]) -> dict[str, float]:
    return {one.name: one.value for one in figures}
