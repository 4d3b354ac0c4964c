"""Proofs of the recipe of routines: sections, tries, two-level recall, strange lines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from dramaturg import loop, persona
from dramaturg.models import Embedder
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.persona.habits import SECTIONS
from dramaturg.proofs.proof import hold, proof
from dramaturg.records import Check

NAME = "habitual-schemas"
Parse = Callable[[str], Mapping[str, tuple[str, ...]]]
Accept = Callable[[persona.Routine], Awaitable[Check]]
Build = Callable[[Sequence[persona.Routine], Embedder], Awaitable[persona.Memory]]
Strange = Callable[[persona.Routine, Embedder], Awaitable[Sequence[str]]]

PIE = {
    "event": ("I bake an apple pie.",),
    "preconditions": ("I have apples and butter at home.",),
    "static-conditions": ("The oven is hot while I bake.",),
    "postconditions": ("A warm pie stands on the table.",),
    "goals": ("I want to share the pie with my family.",),
    "episodes": ("I roll out the crust.", "I slice the apples.", "I put the pie into the oven."),
}
PASSAGE = (
    "I buy apples and butter on Saturday. I heat the oven and roll out the crust. I slice the "
    "apples and put the pie into the oven. The warm pie stands on the table, and I share it with "
    "my family."
)
BREAD = {
    "event": ("I bake bread.",),
    "preconditions": ("I have flour and a fed starter.",),
    "static-conditions": ("The kitchen is warm while I bake.",),
    "postconditions": ("Two loaves are on the table.",),  # far from all others by its vector
    "goals": ("I want bread for my neighbour and me.",),
    "episodes": ("I feed my starter.", "I weigh flour and water.", "I knead the dough."),
}
BAKING = (
    "I feed my starter the evening before. I weigh flour and water at six. I knead the dough while "
    "the radio plays. I heat the oven until the kitchen is warm. I bake two loaves and give one to "
    "my neighbour."
)
FISH = {
    "event": ("I go fishing on the lake.",),
    "preconditions": ("My boat and my rods are ready.",),
    "static-conditions": ("The water is calm.",),
    "postconditions": ("I carry my fish home in a bucket.",),
    "goals": ("I want to catch a big pike.",),
    "episodes": ("I row out before anybody is up.", "I cast my line.", "I wait for a bite."),
}


@proof(NAME, "sections are read in any order, with any bullets, and no text before them is taken")
def any_order(parse: Parse = persona.parse_sections) -> str:
    told = ["Here is the schema:"]
    for number, name in enumerate(reversed(SECTIONS)):
        plain = name.title().replace("-", " ")
        heads = (
            f"**:{name}:**",
            f":{name}",
            f"{plain}:",
            f"**{plain}:**",
            f"### {name}",
            f"- {name}:",
        )
        told.append(heads[number])
        told += [f"{mark} {line}" for mark, line in zip("-*•", PIE[name], strict=False)]
    found = {name: tuple(lines) for name, lines in parse("\n".join(told)).items()}
    hold(found == PIE, f"read {found}")
    lines = ("Event tickets are bought.", "Goals are shared out.", "3.5 km go by.")
    whole = ":event I run.\n:episodes\n" + "\n".join(lines)
    hold(dict(parse(whole)).get("episodes") == lines, f"of three lines is read {parse(whole)}")
    return (
        "6 sections in reverse order, 6 kinds of heading, 3 kinds of bullet: all lines read; "
        "3 lines that begin like a heading or a number stay lines"
    )


@proof(NAME, "a reply without one of the six sections is refused, whichever it is")
async def six_sections(accept: Accept = persona.all_sections) -> str:
    whole = await accept(_routine(PIE))
    hold(whole.passed, f"a whole schema was refused: {whole.why}")
    for name in SECTIONS:
        found = await accept(_routine({k: v for k, v in PIE.items() if k != name}))
        hold(not found.passed, f"a schema without {name} was taken")
        hold(name in found.why, f"{found.why!r} does not name {name}")
    return "6 schemas, each without another section: 6 refused by name"


@proof(NAME, "five tries and no more; then the fact has no schema")
async def five_tries(
    redo: Callable[..., Awaitable[loop.Redone[persona.Routine]]] = loop.until_passes,
) -> str:
    made: list[int] = []

    async def broken(attempt: int, complaints: Sequence[str]) -> persona.Routine:
        made.append(attempt)
        return _routine({"event": ("I bake.",)})

    done = await redo(broken, [persona.all_sections], tries=5)
    hold(made == [0, 1, 2, 3, 4], f"tries {made} were made")
    hold(done.value is None, "a schema without its sections was taken in the end")
    return "5 tries, none whole: no schema"


@proof(NAME, "the schema is chosen first: the best line of all may belong to the wrong one")
async def two_levels(build: Build = persona.memory_of) -> str:
    embedder = EmbeddedModel()
    decoy = "I take a slice out on the lake in a boat at dawn."
    pie_too = {**PIE, "episodes": (*PIE["episodes"], decoy)}
    memory = await build([_routine(pie_too, "f1"), _routine(FISH, "f2")], embedder)
    remark = "Do you go out on the lake in a boat at dawn to catch fish?"
    found = await memory.recall(remark, embedder, count=2)
    hold(found is not None, "nothing came to mind")
    assert found is not None
    hold(found.lines[0] == FISH["event"][0], f"the header is not there: {found.lines}")
    inside = [line for line in found.lines if any(line in lines for lines in FISH.values())]
    hold(list(found.lines) == inside, f"lines of another event came to mind: {found.lines}")
    hold(len(found.lines) == 3, f"{len(found.lines)} lines instead of the header and 2")
    pie = await memory.recall("Do you like apple pie, or any other pie?", embedder, count=2)
    assert pie is not None
    hold(pie.routine.fact_id == "f1", "apple pie brought the fishing schema to mind")
    return "2 schemas, the nearest line of all in the wrong one: each remark gets its own event"


@proof(NAME, "a line that nothing in the passage speaks of is found, and no other")
async def strange_line(strange: Strange = persona.strangers) -> str:
    embedder = EmbeddedModel()
    for made in (_routine(PIE), _routine(BREAD, passage=BAKING)):
        clean = await strange(made, embedder)
        hold(not clean, f"lines of a clean schema were called strange: {list(clean)}")
    borrows = "The taxi was late on Saturday."  # a word of the passage, and nothing else of it
    plants = ("Mix the cookie dough.", "I tune my guitar strings.", borrows)
    for plant in plants:
        found = await strange(_routine({**PIE, "episodes": (*PIE["episodes"], plant)}), embedder)
        hold(list(found) == [plant], f"of {plant!r} in a pie: {list(found)}")
    return f"{len(plants)} planted lines found, 0 of 16 clean ones"


def _routine(
    sections: Mapping[str, tuple[str, ...]], fact_id: str = "f", passage: str = PASSAGE
) -> persona.Routine:
    return persona.Routine(
        fact_id=fact_id, fact="I bake pies.", sections=dict(sections), passage=passage
    )
