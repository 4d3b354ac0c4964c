"""Proofs of people out of texts: near-duplicates, ties, descriptions that are copied."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from dramaturg import generate, persona
from dramaturg.dataset.terms import terms
from dramaturg.models import ScriptedModel
from dramaturg.proofs.proof import hold, proof
from dramaturg.records import Fact, Persona

NAME = "persona-hub"
Found = Mapping[int, tuple[int, float]]
Near = Callable[..., Found]
Meaning = Callable[..., Awaitable[Found]]
Grow = Callable[..., Any]
Terms = Callable[[str], list[str]]
Write = Callable[..., Awaitable[generate.Written]]

_WORDS = [a + b for a in "bdfgklmnprstvz" for b in ("ara", "elo", "imu", "oro", "usi")]


@proof(NAME, "other case, punctuation and order of words are the same description")
def case_and_order(near: Near = persona.near_duplicates) -> str:
    texts = [
        "A retired ferry pilot from Bergen who builds model bridges",
        "A RETIRED ferry pilot, from Bergen, who builds model bridges.",
        "From Bergen: a retired ferry pilot who builds bridges (model)",
        "A retired ferry pilot from Bergen who burns model bridges and ships",
    ]
    found = dict(near(texts))
    hold(found == {1: (0, 1.0), 2: (0, 1.0)}, f"{found} went instead of lines 1 and 2")
    return "4 lines, 2 gone"


@proof(NAME, "one word added makes a copy from 9 words up: n / (n + 1) reaches 0.9 there")
def added_word(near: Near = persona.near_duplicates) -> str:
    gone = [n for n in range(5, 25) if 1 in near([_line(n), _line(n) + " added"], at=0.9)]
    hold(gone == list(range(9, 25)), f"the copy goes at {gone} words instead of from 9 up")
    return "5 to 24 words: gone from 9 up"


@proof(NAME, "one word replaced makes a copy from 19 words up; below, words alone let it through")
def replaced_word(near: Near = persona.near_duplicates) -> str:
    gone = [n for n in range(5, 31) if 1 in near([_line(n), _line(n - 1) + " other"], at=0.9)]
    hold(gone == list(range(19, 31)), f"the copy goes at {gone} words instead of from 19 up")
    share = near([_line(13), _line(12) + " other"], at=0.8).get(1, (0, 0.0))[1]
    hold(abs(share - 12 / 14) < 1e-9, f"13 words, one replaced: {share} instead of 0.857")
    return "5 to 30 words: gone from 19 up; at 13 the share is 0.857"


@proof(NAME, "a copy that words let through is caught by meaning, and a different line is not")
async def caught_by_meaning(meaning: Meaning = persona.near_in_meaning) -> str:
    angles = {"nurse": 0.0, "hospital nurse": 0.35, "sailor": 1.4, "nurse at sea": 0.7}
    angles["night nurse"] = -0.3  # a copy of the first, with others in between
    found = dict(await meaning(list(angles), _Turned(angles), at=0.9))
    # The fourth is near the second (0.94), which went itself, and not near the first (0.76).
    hold(set(found) == {1, 4}, f"{sorted(found)} went instead of the second and the fifth")
    hold(found[4][0] == 0, f"the fifth went with {found[4]}")
    hold(found[1][0] == 0 and abs(found[1][1] - 0.9394) < 1e-3, f"it went with {found[1]}")
    return "5 lines at cosine 0.94, 0.17, 0.76, 0.96 to the first: 2 gone"


@proof(NAME, "no pair above the threshold is missed, none below it taken, whatever the words")
def every_pair(near: Near = persona.near_duplicates) -> str:
    draw = random.Random(5)
    lines: list[str] = []
    for _ in range(150):
        words = draw.sample(_WORDS, draw.randint(6, 40))
        lines.append(" ".join(words))
        changed = list(words)
        for _ in range(draw.randint(0, 2)):
            changed[draw.randrange(len(changed))] = draw.choice(_WORDS)
        lines.append(" ".join(draw.sample(changed, len(changed))))
    bags = [frozenset(line.split()) for line in lines]
    kept: list[int] = []
    wanted: dict[int, float] = {}
    for index, bag in enumerate(bags):
        most = max((len(bag & bags[k]) / len(bag | bags[k]) for k in kept), default=0.0)
        if most >= 0.9 - 1e-9:
            wanted[index] = most
        else:
            kept.append(index)
    found = near(lines, at=0.9)
    hold(set(found) == set(wanted), f"{len(set(found) ^ set(wanted))} of 300 lines differ")
    off = max(abs(found[i][1] - wanted[i]) for i in wanted)
    hold(off < 1e-9, f"a share is off by {off:.3f}")
    return f"300 lines, {len(wanted)} gone, all as every pair compared says"


@proof(NAME, "lines in other scripts are not one another's copies, and their own copies go")
def other_scripts(near: Near = persona.near_duplicates, cut: Terms = terms) -> str:
    texts = [
        "爱下棋的护士",
        "在山里养蜂的老师",
        "Врач из Твери",
        "Пекарь из Омска",
        "爱下棋的护士。",
    ]
    found = dict(near(texts))
    hold(found == {4: (0, 1.0)}, f"{found} went instead of the last alone")
    sizes = [len(cut(text)) for text in texts]
    hold(sizes == [6, 8, 3, 3, 6], f"they have {sizes} words instead of [6, 8, 3, 3, 6]")
    return "4 people in Chinese and Russian and 1 copy: 1 gone"


@proof(NAME, "nobody is tied to themselves or there twice, and no tie is deeper than the rounds")
def ties_of_a_circle(circle: Grow = persona.Circle) -> str:
    writer = ScriptedModel()
    first = [_person("A nurse on nights"), _person("A baker in Ghent")]
    grown = circle(first)
    grown.grow(
        [
            (first[0], [("patient", "A boy who plays chess"), ("self", "a nurse, on nights")]),
            (first[1], [("customer", "A nurse on nights")]),
        ],
        writer,
    )
    boy = grown.newest[0] if grown.newest else first[0]
    grown.grow([(boy, [("nurse", "A nurse on nights"), ("father", "A man at sea")])], writer)
    told = {p.id: p.sentences[0] for p in grown.people}
    ties = [(told[t.person], t.relation, told[t.to], t.depth) for t in grown.relations]
    wanted = [
        ("A boy who plays chess", "patient", "A nurse on nights", 1),
        ("A nurse on nights", "customer", "A baker in Ghent", 1),
        ("A man at sea", "father", "A boy who plays chess", 2),
    ]
    hold(ties == wanted, f"the ties are {ties}")
    hold(len(grown.people) == 4, f"there are {len(grown.people)} people instead of 4")
    joined = grown.without({boy.id: first[0].id})
    selves = [t for t in joined if t.person == t.to]
    hold(not selves and len(joined) == 2, f"{len(joined)} ties are left, {len(selves)} to oneself")
    return "2 people, 2 rounds: 4 people, 3 ties, depth 2, none to oneself"


@proof(NAME, "a text that repeats the description is refused; one that only fits it is not")
def persona_not_copied(copies: Callable[[str, str], bool] = generate.copies) -> str:
    who = "A violin maker from Cremona who restores instruments for travelling orchestras"
    texts = {
        "As a VIOLIN maker from Cremona, who restores instruments for orchestras, I ask:": True,
        "A violin maker from Cremona who restores instruments needs 3 days a violin.": True,
        "A violin takes 3 days. How many of 7 violins are ready after 10 days?": False,
        "What glue would a maker from Cremona have used on travelling instruments?": False,
    }
    found = [copies(who, text) for text in texts]
    hold(found == list(texts.values()), f"{found} instead of {list(texts.values())}")
    hold(copies("A shy Danish harbour pilot", "A shy Danish harbour pilot has 3 boats."),
         "the whole of a short description was not seen")  # fmt: skip
    return "5 texts: 3 copies found, 2 others not"


@proof(NAME, "examples carry their own personas only where they are to, and never for another text")
async def whose_examples(write: Write = generate.with_persona) -> str:
    task = generate.template_task("maths")
    bare = [generate.Example(text="How far is it in 3 h at 4 km/h?")]
    full = [generate.Example(text="How far is it in 3 h at 4 km/h?", persona="A hill walker")]
    order = generate.Commission(person=_person("A baker in Ghent"))
    prompts = []
    for examples in ([], bare, full):
        model = ScriptedModel("How many loaves are 3 trays of 12?")
        made = await write(order, model, task, examples, seed=1)
        hold(made.persona == ("A baker in Ghent",), f"the text is of {made.persona}")
        prompts.append(model.prompt(0))
    wanted = ("3 h at 4", "A hill walker", "baker in Ghent")
    shown = [tuple(map(prompt.count, wanted)) for prompt in prompts]
    hold(shown == [(0, 0, 1), (1, 0, 1), (1, 1, 1)], f"shown: {shown}")
    return "no example, bare example, example with persona: as asked in 3 of 3"


class _Turned:
    """Places each text on a circle at a given angle."""

    ref = "planted:angles"

    def __init__(self, angles: Mapping[str, float]) -> None:
        self._angles = angles

    async def embed(self, texts: Sequence[str]) -> Any:
        import numpy as np

        turned = np.array([self._angles[text] for text in texts])
        return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


def _line(words: int) -> str:
    return " ".join(_WORDS[:words])


def _person(text: str) -> Persona:
    return Persona(facts=(Fact(text=text),))
