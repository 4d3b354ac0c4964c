"""What a run over the ends of traits hands over: samples to tune on, preferences, figures."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from dramaturg.dataset import apart_by_persona, load_scenes
from dramaturg.evaluate.inventory import (
    PEOPLE,
    Answer,
    Inventory,
    back_test,
    by_draw,
    correlations,
    load_inventory,
    matrix_distance,
    score,
    spread_over_draws,
)
from dramaturg.profile.traits import Pole, poles
from dramaturg.recipes.finish import figure
from dramaturg.recipes.recipe import Step
from dramaturg.records import Conversation, Preference, content_id
from dramaturg.scorers.degenerate import degeneration


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One row for supervised tuning: be like this, answer that."""

    instruction: str
    input: str
    output: str
    trait: str
    level: str
    conversation: str
    split: str
    id: str


def samples(talks: Sequence[Conversation], *, seed: int) -> list[Sample]:
    """The answers, each with the character that it was written for as the instruction.

    A row says in which split its conversation is, by the same seed: all rows are in one table.
    """
    splits = apart_by_persona(talks, seed=seed)
    return [
        Sample(
            instruction=str(talk.scene["character"]),
            input=talk.turns[0].text,
            output=talk.turns[1].text,
            trait=str(talk.scene["trait"]),
            level=str(talk.scene["level"]),
            conversation=talk.id,
            split=splits.by_id[talk.id],
            id=content_id("t", talk.id),
        )
        for talk in talks
    ]


def opposites(talks: Iterable[Conversation]) -> list[Preference]:
    """For every answer whose scene has one of the opposite level too: it, rather than that one.

    The criterion names the trait and the level asked for; each two give a preference both ways.
    """
    by_place: dict[tuple[str, str, str], tuple[str, str | None]] = {}  # -> id, who answers
    for talk in talks:
        place = talk.scene_id, str(talk.scene["trait"]), str(talk.scene["level"])
        by_place[place] = talk.id, talk.speakers[1].persona_id
    found = []
    for (scene, trait, level), (chosen, who) in by_place.items():
        other = by_place.get((scene, trait, "low" if level == "high" else "high"))
        if other is not None:
            found.append(
                Preference(
                    chosen=chosen,
                    rejected=other[0],
                    criterion=f"{trait}: {level}",
                    reason=f"the other was written for the opposite level of {trait}",
                    persona=who,
                )
            )
    return found


def reply_figures(
    talks: Sequence[Conversation], firsts: Mapping[tuple[Pole, str], str], critic: str
) -> list[dict[str, Any]]:
    """How many first answers were read as what they were written for, and how sound the kept are.

    Args:
        firsts: By end of a trait and scene: as which level the first answer was read.
    """
    judge = f"traits.rate by {critic}, not told what was wanted"
    rows = []
    for trait in sorted({end.trait for end, _ in firsts}):
        seen = [read == end.level for (end, _), read in firsts.items() if end.trait == trait]
        rows.append(
            figure(f"first answers read as written for, {trait}", statistics.fmean(seen),
                   n=len(seen), unit="share", scorer=judge, split="all, dropped ones included")
        )  # fmt: skip
    if len(talks):
        said = degeneration([talk.turns[1].text for talk in talks])
        flagged = "; ".join(said.reasons) or "nothing flagged"
        rows += [
            figure("distinct-2 of the answers", said.distinct_2, n=said.n, unit="share",
                   scorer=f"degeneration, at {said.tokens} tokens: {flagged}"),
            figure("words an answer", said.words, n=said.n, unit="mean", scorer="degeneration"),
        ]  # fmt: skip
    return rows


def inventory_figures(
    inventory: Inventory, ends: Sequence[Pole], answers: Sequence[Answer], writer: str
) -> list[dict[str, Any]]:
    """What the writer answers to an inventory as it comes and as each end of each trait."""
    if not answers:
        return []
    who = f"{inventory.name} answered by {writer}, described in other words"
    states = Counter(one.state for one in answers)
    rows = [
        figure(f"items {state}", count / len(answers), n=len(answers), unit="share", scorer=who)
        for state, count in sorted(states.items())
    ]
    draws = by_draw(inventory, answers)
    alone = draws.get("", [])
    for scale, (mean, deviation) in spread_over_draws(alone).items():
        n = sum(scale in draw for draw in alone)
        rows.append(figure(f"{scale}, untouched", mean, n=n, unit=_unit(inventory), scorer=who))
        if n > 1:  # one draw has no spread
            rows.append(
                figure(f"{scale}, untouched, over draws", deviation, n=n,
                       unit="standard deviation", scorer=who)
            )  # fmt: skip
    means = {  # a file of one's own may write "Openness"
        subject: {
            scale.lower(): found
            for scale, found in _over_draws(inventory, answers, subject).items()
        }
        for subject in draws
    }
    aims = {end.name: {end.trait: end.sign} for end in ends}
    for line in back_test(means, aims, midpoint=inventory.midpoint):
        rows += [
            figure(f"{line.trait}, made high", line.high, n=1, unit=_unit(inventory), scorer=who),
            figure(f"{line.trait}, made low", line.low, n=1, unit=_unit(inventory), scorer=who),
            figure(f"{line.trait}, shift", line.shift, n=line.n, unit="points", scorer=who),
        ]
    made = [scores for subject, scores in means.items() if subject]
    table = correlations(made)
    if table:
        rows.append(
            figure("mean size of correlations between traits",
                   statistics.fmean(map(abs, table.values())), n=len(made),
                   unit="|r| over the made people", scorer=who)
        )  # fmt: skip
    if table.keys() & PEOPLE.keys():
        rows.append(
            figure("distance of these correlations from people's", matrix_distance(table, PEOPLE),
                   n=len(made), unit="root mean square of r",
                   scorer="300 people on the IPIP-NEO-120, see docs/recipes/big5-chat.md")
        )  # fmt: skip
    return rows


def big5_chat_calls(s: Mapping[str, Any], _: int) -> list[Step]:
    """No answer is written twice: a run asks for a few more."""
    ends = len(poles(str(s["traits"])))
    scenes = min(len(load_scenes(s["scenes"]).scenes), math.ceil(int(s["conversations"]) / ends))
    n = min(int(s["conversations"]), scenes * ends)
    items = len(load_inventory(str(s["inventory"]), s["inventory_file"]).items)
    asked = (ends + 1) * items * int(s["draws"])
    return [
        Step("opening lines", "writer", scenes, 170, 30, "line.open"),
        Step("answers", "writer", n, 290, 40, "line.reply"),
        Step("ratings", "critic", n, 330, 50, "traits.rate"),
        Step("inventory", "writer", asked, 190, 2, "inventory.answer"),
    ]


def _over_draws(inventory: Inventory, answers: Sequence[Answer], subject: str) -> dict[str, Any]:
    """Scores over all draws of a subject: the mean of the keyed answers."""
    draws = by_draw(inventory, [one for one in answers if one.subject == subject])[subject]
    whole = score(inventory, {})
    for scale, (mean, _) in spread_over_draws(draws).items():
        some = [draw[scale] for draw in draws if scale in draw]
        whole[scale] = msgspec.structs.replace(
            some[0], mean=mean, n=sum(s.n for s in some), of=sum(s.of for s in some)
        )
    return whole


def _unit(inventory: Inventory) -> str:
    return f"mean of {inventory.lowest} to {inventory.highest}"
