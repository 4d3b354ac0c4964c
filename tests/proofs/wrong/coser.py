"""Wrong parts for the proofs of staged scenes: errors of the released code, and likely ones."""

from __future__ import annotations

import functools
import random
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from dramaturg import generate, persona
from dramaturg.prompts import Message
from dramaturg.prompts.channels import Script, read_script
from dramaturg.records import Conversation, Ensemble, Persona


def no_forgiveness(severities: Sequence[int | None], turns: int) -> float:
    return max(0.0, min(100.0 - 5 * sum(s for s in severities if s), 100.0))


def forgives_points(severities: Sequence[int | None], turns: int) -> float:
    """0.3 points of the score a turn, and not of severity."""
    return max(0.0, min(100.0 - 5 * sum(s for s in severities if s) + 0.3 * turns, 100.0))


def unclamped(severities: Sequence[int | None], turns: int) -> float:
    return 100.0 - 5 * (sum(s for s in severities if s) - 0.3 * turns)


def counts_any_number(value: object) -> int | None:
    return 1 if value is None else round(float(str(value)))


def missing_is_nothing(value: object) -> int | None:
    return value if isinstance(value, int) else None


def every_turn_counts(conversation: Conversation) -> int:
    return len(conversation.turns)


def one_line_thoughts(text: str) -> Script:
    """The released code: thoughts are cut out line by line, with a pattern that needs the end."""
    thoughts = tuple(re.findall(r"\[(.*?)\]", text))
    return Script(speech=re.sub(r"\[.*?\]", "", text), thoughts=thoughts)


def keeps_role_thinking(text: str) -> Script:
    return read_script(text) if "<" not in text else Script(speech=text)


def leaking_play(*models: Any, **settings: Any) -> Callable[[Ensemble], Any]:
    """A stage that hides no channel."""
    play = generate.given_circumstance(*models, **settings)
    module: Any = sys.modules["dramaturg.generate.given_circumstance"]

    async def played(ensemble: Ensemble) -> Conversation:
        kept = module.stage
        module.stage = functools.partial(kept, hidden=())
        try:
            return await play(ensemble)
        finally:
            module.stage = kept

    return played


def forgetful_play(*models: Any, **settings: Any) -> Callable[[Ensemble], Any]:
    """Actors that are never told what they thought themselves."""
    play = generate.given_circumstance(*models, **settings)
    module: Any = sys.modules["dramaturg.generate.given_circumstance"]

    async def played(ensemble: Ensemble) -> Conversation:
        kept = module.transcript
        module.transcript = functools.partial(kept, hide=["thought"])
        try:
            return await play(ensemble)
        finally:
            module.transcript = kept

    return played


def ends_early(*models: Any, **settings: Any) -> Callable[[Ensemble], Any]:
    return generate.given_circumstance(*models, **{**settings, "turns": (5, 12)})


def same_again(
    said: str | None, *, names: Sequence[str], major: Sequence[int], last: int, spoken: int,
    least: int, draw: random.Random,
) -> tuple[int | None, bool]:  # fmt: skip
    """A draw among all major speakers, the last one too."""
    if said == "END" and spoken >= least:
        return None, True
    if said in names:
        return names.index(str(said)), True
    return draw.choice(list(major)), False


def draws_anew(said: str | None, **given: Any) -> tuple[int | None, bool]:
    """The released code draws from a set: another process, another order."""
    return generate.next_speaker(said, **{**given, "draw": random.Random()})


def ends_at_once(said: str | None, **given: Any) -> tuple[int | None, bool]:
    return generate.next_speaker(said, **{**given, "least": 0})


def ends_at_six(said: str | None, **given: Any) -> tuple[int | None, bool]:
    return generate.next_speaker(said, **{**given, "least": given["least"] + 1})


def first_name_in_it(reply: str, names: Sequence[str]) -> str | None:
    if "END" in reply:
        return "END"
    return next((name for name in names if name.lower() in reply.lower()), None)


def text_after_the_colon(reply: str, names: Sequence[str]) -> str | None:
    return reply.rpartition(":")[2].strip(" .*") or None


def with_all_thoughts(ensemble: Ensemble, **settings: Any) -> list[generate.RoleSample]:
    """The originals' lines as they are, everybody's thoughts in them."""
    rows = generate.role_samples(ensemble, **settings)
    text = "\n".join(f"{who}: {line}" for who, line in ensemble.scene.fields["reference"])
    return [
        msgspec.structs.replace(
            row, messages=(*row.messages[:-2], Message(role="user", content=text), row.messages[-1])
        )
        for row in rows
    ]


def never_without(ensemble: Ensemble, **settings: Any) -> list[generate.RoleSample]:
    rows = generate.role_samples(ensemble, **settings)
    return [row for row in rows if row.thoughts or row.role in ("Environment", "next speaker")]


def all_of_it(person: Persona, plot_number: int) -> list[str]:
    return [one["text"] for one in person.views["history"]]


def up_to_and_with(person: Persona, plot_number: int) -> list[str]:
    return persona_before(person, plot_number + 1)


persona_before = generate.lived_before


def exact_only(text: str, sentence: str, *, at_least: float) -> tuple[int, int] | None:
    at = text.find(sentence) if sentence else -1
    return (at, at + len(sentence)) if at >= 0 else None


def nearest_whatever(text: str, sentence: str, *, at_least: float) -> tuple[int, int] | None:
    return persona.find_sentence(text, sentence or "x", at_least=0.0)


WRONG: dict[str, list[dict[str, Any]]] = {
    "flaws_are_counted": [
        {"score": no_forgiveness},
        {"score": forgives_points},
        {"score": unclamped},
        {"severity": counts_any_number},
        {"severity": missing_is_nothing},
    ],
    "environment_is_no_actor": [{"count": every_turn_counts}],
    "thoughts_stay_private": [
        {"read": one_line_thoughts},
        {"read": keeps_role_thinking},
        {"play": leaking_play},
        {"play": forgetful_play},
    ],
    "a_bad_director_ends_at_twenty": [{"play": ends_early}],
    "who_is_next": [
        {"choose": same_again},
        {"choose": draws_anew},
        {"choose": ends_at_once},
        {"choose": ends_at_six},
    ],
    "one_name_is_read": [{"read": first_name_in_it}, {"read": text_after_the_colon}],
    "samples_of_a_role": [{"samples": with_all_thoughts}, {"samples": never_without}],
    "nobody_recalls_the_future": [{"before": all_of_it}, {"before": up_to_and_with}],
    "quotes_are_found": [{"find": exact_only}, {"find": nearest_whatever}],
}
