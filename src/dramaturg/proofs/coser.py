"""Proofs of staged scenes: counting flaws, private thoughts, the end, what a role may learn."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from typing import Any

from dramaturg import generate, persona, scorers
from dramaturg.models import Call, ScriptedModel
from dramaturg.prompts.channels import Script, read_script
from dramaturg.proofs.proof import hold, proof
from dramaturg.records import Conversation, Ensemble, Persona, Scene, Speaker, Turn

NAME = "coser"
SECRET = "4711"
Score = Callable[[Sequence[int | None], int], float]
Severity = Callable[[object], int | None]
Read = Callable[[str], Script]
Play = Callable[..., Callable[[Ensemble], Any]]
Choose = Callable[..., tuple[int | None, bool]]
Named = Callable[[str, Sequence[str]], str | None]
Samples = Callable[..., list[generate.RoleSample]]
Find = Callable[..., tuple[int, int] | None]
Before = Callable[[Persona, int], list[str]]


@proof(NAME, "a score is 100 less 5 a point of severity, 0.3 a turn forgiven, between 0 and 100")
def flaws_are_counted(
    score: Score = scorers.flaw_score, severity: Severity = scorers.severity_of
) -> str:
    cases: list[tuple[list[object], int, float]] = [
        ([3, 3, 4], 11, 66.5),
        ([2, 3, 2, 3], 11, 66.5),
        ([3, 2.5, "4"], 11, 100.0),  # what is no whole number is not counted
        ([3, None], 0, 80.0),  # a severity left out is 1
        ([], 40, 100.0),
        ([5, 5, 5, 5, 5], 0, 0.0),
        ([5, 5], 1, 51.5),
    ]
    for severities, turns, right in cases:
        found = score([severity(one) for one in severities], turns)
        hold(found == right, f"{severities} over {turns} turns gave {found} and not {right}")
    return f"{len(cases)} of {len(cases)} scores"


@proof(NAME, "turns of the environment forgive nothing")
def environment_is_no_actor(count: Callable[[Conversation], int] = scorers.actor_turns) -> str:
    turns = tuple(Turn(speaker=i % 3, text=f"Line {i}.") for i in range(9))
    cast = tuple(Speaker(name=name) for name in ("Ada", scorers.ENVIRONMENT, "Bo"))
    found = count(Conversation(scene_id="s-1", speakers=cast, turns=turns))
    hold(found == 6, f"9 turns, 3 of them the environment's, counted as {found}")
    return "6 of 9 turns"


@proof(NAME, "what one actor thinks is in no message to another one, whatever way it is written")
async def thoughts_stay_private(
    read: Read = read_script, play: Play = generate.given_circumstance
) -> str:
    ways = [
        f"[the code is {SECRET}] Good evening.",
        f"[I must not say it:\nthe code is {SECRET}]\nGood evening.",
        f"(smiles [the code is {SECRET}]) Good evening.",
        f"Good evening. [the code is {SECRET}",
        f"<role_thinking>the code is {SECRET}</role_thinking> Good evening.",
    ]
    for way in ways:
        script = read(way)
        seen = " ".join((script.speech, *script.actions))
        hold(SECRET not in seen, f"{way!r} is heard as {seen!r}")
    lines = {"Ada": ways[0], "Bo": "Good evening, Ada. (bows)"}
    model = _company(lines, lambda call: "Next: Ada" if _last(call) == "Bo" else "Next: Bo")
    talk = await play(model, model, model, turns=(6, 6), recall=0, seed=1)(_scene())
    whole = "\n".join(t.channels.get("thought", "") for t in talk.turns)
    hold(SECRET in whole, "the thought is not in the record of the scene")
    own = [call for call in model.calls if call.task == "stage.act" and _actor(call) == "Ada"]
    told = [_sent(call) for call in model.calls if call not in own]
    hold(not any(SECRET in text for text in told), "the thought stands in a message to another")
    hold(SECRET in _sent(own[-1]), "Ada does not know what she thought herself")
    return f"{len(ways)} ways of writing it, {len(told)} messages to others: 0 with the thought"


@proof(NAME, "with a director who answers nonsense a scene ends at 20 turns, nobody twice in a row")
async def a_bad_director_ends_at_twenty(play: Play = generate.given_circumstance) -> str:
    said = ["The butler!", "Next: Ada and Bo", "", "Next: Ada", "<END CHAT>?", "Ada speaks to Bo"]
    lines = {"Ada": "Well.", "Bo": "Indeed."}
    model = _company(lines, lambda call: said[len(model.calls) % len(said)] or "...")
    talk = await play(model, model, model, turns=(20, 20), seed=3)(_scene())
    speakers = [turn.speaker for turn in talk.turns]
    hold(len(speakers) == 20, f"it ended after {len(speakers)} turns")
    twice = sum(a == b for a, b in itertools.pairwise(speakers))
    hold(not twice, f"{twice} times the same speaker had two turns in a row")
    again = await play(model, model, model, turns=(20, 20), seed=3)(_scene())
    hold(len(again.turns) == 20, "the second time it ended elsewhere")
    return "20 turns, 0 doubled speakers"


@proof(
    NAME,
    "the end is taken from the fifth turn on, and a wrong name is drawn by the seed",
)
def who_is_next(choose: Choose = generate.next_speaker) -> str:
    names, major = ["Ada", "Bo", "Crowd", "Environment"], [0, 1, 3]

    def next_of(said: str | None, last: int, spoken: int, seed: int = 7) -> tuple[int | None, bool]:
        return choose(
            said, names=names, major=major, last=last, spoken=spoken, least=5,
            draw=random.Random(seed),
        )  # fmt: skip

    hold(next_of("END", 0, 5) == (None, True), "END at the fifth turn is not taken")
    hold(next_of("END", 0, 4)[0] is not None, "END is taken after four turns")
    hold(next_of("Bo", 0, 1) == (1, True), "a right name is not taken")
    hold(next_of("Crowd", 0, 1) == (2, True), "a minor character who is named is not taken")
    for seed in range(40):
        for said in ("Ada", "Zoe", None):
            index, as_said = next_of(said, 0, 3, seed)
            hold(index in (1, 3) and not as_said, f"{said!r} after Ada gave {index}")
            hold((index, as_said) == next_of(said, 0, 3, seed), "the same seed draws another one")
    return "END, names and 120 draws"


@proof(NAME, "a director's answer names one speaker, or nobody")
def one_name_is_read(read: Named = generate.named) -> str:
    names = ["King Lear", "Lear", "Fool", "Environment"]
    cases = {
        "Lear has spoken to the Fool.\nNext: Fool": "Fool",
        "**Next Speaker:** King Lear.": "King Lear",
        "Next: END": "END",
        "Lear is silent.\nThe Fool should speak next.": "Fool",
        "The Fool or King Lear": None,
        "next speaker is environment": "Environment",
        "Foolish question, nobody.": None,
        "Kent": None,
    }
    for reply, right in cases.items():
        found = read(reply, names)
        hold(found == right, f"{reply!r} was read as {found!r} and not as {right!r}")
    return f"{len(cases)} of {len(cases)} answers"


@proof(NAME, "a role's training samples hold its own thoughts in one of two, and nobody else's")
def samples_of_a_role(samples: Samples = generate.role_samples) -> str:
    rows = samples(_scene(), next_speakers=1.0, seed=1)
    by_role = {name: [r for r in rows if r.role == name] for name in ("Ada", "Bo", "Environment")}
    hold({k: len(v) for k, v in by_role.items()} == {"Ada": 2, "Bo": 2, "Environment": 1},
         f"samples by role: { {k: len(v) for k, v in by_role.items()} }")  # fmt: skip
    marks = {"Ada": "ADA-THINKS", "Bo": "BO-THINKS"}
    for row in rows:
        text = "\n".join(m.content for m in row.messages)
        learnt = [m.content for m in row.messages if m.role == "assistant"]
        for name, mark in marks.items():
            may = row.role == name and row.thoughts
            hold((mark in text) == may, f"{name}'s thought in the sample of {row.role}: {not may}")
        hold(row.messages[-1].role == "assistant" and learnt, f"{row.role} learns nothing")
        hold(all(a.role != b.role for a, b in itertools.pairwise(row.messages)),
             f"two messages of one side in a row: {row.role}")  # fmt: skip
    spoken = [m.content for m in by_role["Ada"][0].messages if m.role == "assistant"]
    hold(len(spoken) == 2, f"Ada has 2 turns and learns {len(spoken)}")
    return f"{len(rows)} samples of a scene of 5 turns"


@proof(NAME, "an actor recalls what came before the scene and never what comes after it")
def nobody_recalls_the_future(before: Before = generate.lived_before) -> str:
    history = [{"plot": i, "text": f"event {i}"} for i in (0, 2, 4, 4, 7)]
    person = Persona(facts=(), name="Ada", views={"history": history})
    found = before(person, 4)
    hold(found == ["event 0", "event 2"], f"before plot 4 she recalls {found}")
    hold(before(person, 0) == [], "before the first plot there is something to recall")
    return "2 of 5 memories before plot 4"


@proof(NAME, "a quoted sentence is found in nearly its words (0.6 alike), and a made-up one is not")
def quotes_are_found(find: Find = persona.find_sentence) -> str:
    text = "The ferry was late. Ada counted the crates on the quay twice. Nobody came."
    cases = {
        "Ada counted the crates on the quay twice.": True,
        "Ada counts the crates upon the quay two times.": True,
        "The harbour master married in June.": False,
        "": False,
    }
    for sentence, there in cases.items():
        found = find(text, sentence, at_least=0.6)
        hold((found is not None) == there, f"{sentence!r} was found at {found}")
        if found and there:
            hold("Ada" in text[found[0] : found[1]], f"{sentence!r} was found at {found}")
    return f"{len(cases)} of {len(cases)} sentences"


def _scene() -> Ensemble:
    people = tuple(Persona(facts=(), name=name) for name in ("Ada", "Bo"))
    reference = [
        ["Ada", "[ADA-THINKS one] Good evening."],
        ["Bo", "[BO-THINKS one] (bows) Ada."],
        ["Environment", "A clock strikes."],
        ["Ada", "[ADA-THINKS two] It is late."],
        ["Bo", "[BO-THINKS two] It is."],
    ]
    fields = {"setting": "An inn.", "reference": reference, "motivations": {"Ada": "To leave."}}
    return Ensemble(people=people, scene=Scene(cast=tuple(p.id for p in people), fields=fields))


def _company(lines: dict[str, str], director: Callable[[Call], str]) -> ScriptedModel:
    return ScriptedModel(
        by_task={
            "stage.act": lambda call: lines[_actor(call)],
            "stage.environment": "A clock strikes.",
            "stage.follow": director,
        }
    )


def _sent(call: Call) -> str:
    return "\n".join(message.content for message in call.messages)


def _actor(call: Call) -> str:
    return call.messages[-1].content.split("<you>")[-1].split("</you>")[0].split(" in ")[0]


def _last(call: Call) -> str:
    return call.messages[-1].content.split("The last turn was that of ")[-1].split(".")[0]
