"""Wrong parts that the proofs of the multilingual crowd must catch."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Sequence
from typing import Any

import msgspec

from dramaturg import generate, loop, pairing, persona, scorers
from dramaturg.generate import parse_conversation
from dramaturg.generate.parse import Parsed
from dramaturg.models import ChatModel
from dramaturg.records import Conversation, Evidence, Persona, Verdict
from dramaturg.scorers import Language


def joins_turns_of_one_speaker(reply: str, inputs: generate.SceneInput) -> Parsed:
    """What a core conversation may do: a swapped tag becomes one long turn."""
    return parse_conversation(reply, facts=(inputs.facts_1, inputs.facts_2))


def by_letters_alone(text: str, target: Language, source: Language) -> str:
    """Knows scripts and no words: French and English are both Latin."""
    letters = [c for c in text if c.isalpha()]
    wrong = [c for c in letters if not unicodedata.name(c, "").startswith(target.script)]
    return "another script" if 2 * len(wrong) > len(letters) else ""


def whole_turns_only(text: str, target: Language, source: Language) -> str:
    told = scorers.tell_language(text)
    first = text.split(". ", maxsplit=1)[0]
    return (
        ""
        if scorers.tell_language(first, likely=(target,)) or told is None
        else ("" if told.tag == target.tag else told.name)
    )


def sure_of_everything(text: str, target: Language, source: Language) -> str:
    """One English word is English."""
    return (
        "English"
        if set(text.lower().split()) & {"ok,", "super", "weekend!"}
        else (scorers.astray(text, target, source))
    )


class _Copy:
    name, version, cost_rank, low, high = "persona_copy", "wrong", 0, 0.0, 1.0

    def said(self, fact: str, text: str) -> bool:
        raise NotImplementedError

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        found = [
            i for i, turn in enumerate(conversation.turns)
            if any(self.said(fact, turn.text) for s in conversation.speakers for fact in s.persona)
        ]  # fmt: skip
        return Verdict(
            subject=conversation.id, scorer=self.name, version=self.version,
            value=float(not found), passed=not found,
            evidence=tuple(Evidence(turn=i) for i in found),
        )  # fmt: skip


class EqualTurnsOnly(_Copy):
    """A fact counts as pasted only where it is all of the turn."""

    def said(self, fact: str, text: str) -> bool:
        return fact.strip(" .") == text.strip(" .!?")


class AnySharedWord(_Copy):
    """A fact counts as pasted where most of its words are said."""

    def said(self, fact: str, text: str) -> bool:
        words = set(fact.lower().strip(".").split())
        return len(words & set(text.lower().split())) >= 0.5 * len(words)


class SpacesOnly(_Copy):
    """Cuts words at spaces: a sentence of Japanese is one word, and never found inside another."""

    def said(self, fact: str, text: str) -> bool:
        mine = [w.strip(".,!?、。").lower() for w in fact.split()]
        theirs = [w.strip(".,!?、。").lower() for w in text.split()]
        size = len(mine)
        return size >= 4 and any(theirs[i : i + size] == mine for i in range(len(theirs)))


def in_lockstep(
    count: int,
    events: Sequence[pairing.Circumstance],
    grounds: Sequence[pairing.Circumstance],
    *,
    seed: int,
) -> list[tuple[pairing.Circumstance, pairing.Circumstance]]:
    """Each list goes round by itself: where the lengths share a factor, half never meet."""
    return [(events[i % len(events)], grounds[i % len(grounds)]) for i in range(count)]


def row_by_row(
    count: int,
    events: Sequence[pairing.Circumstance],
    grounds: Sequence[pairing.Circumstance],
    *,
    seed: int,
) -> list[tuple[pairing.Circumstance, pairing.Circumstance]]:
    """In equal shares, but one kind of talk after the other: a run cut short has only the first."""
    cells = [(event, ground) for event in events for ground in grounds]
    each = -(-count // len(cells))
    return [cell for cell in cells for _ in range(each)][:count]


def first_ones_more(
    count: int,
    events: Sequence[pairing.Circumstance],
    grounds: Sequence[pairing.Circumstance],
    *,
    seed: int,
) -> list[tuple[pairing.Circumstance, pairing.Circumstance]]:
    draw = random.Random(seed)
    first = range(len(events), 0, -1)
    return [
        (draw.choices(list(events), weights=first)[0], draw.choice(list(grounds)))
        for _ in range(count)
    ]


def everything_with_everything(
    count: int,
    events: Sequence[pairing.Circumstance],
    grounds: Sequence[pairing.Circumstance],
    *,
    seed: int,
) -> list[tuple[pairing.Circumstance, pairing.Circumstance]]:
    bare = [msgspec.structs.replace(event, mark="") for event in events]
    names = {event.name: event for event in events}
    return [(names[e.name], g) for e, g in pairing.balanced(count, bare, grounds, seed=seed)]


def never_with_a_mark(
    count: int,
    events: Sequence[pairing.Circumstance],
    grounds: Sequence[pairing.Circumstance],
    *,
    seed: int,
) -> list[tuple[pairing.Circumstance, pairing.Circumstance]]:
    open_ = [event for event in events if not event.mark]
    return pairing.balanced(count, open_, grounds, seed=seed)


def writes_in_english(writer: ChatModel, *, shown: int) -> loop.Proposer:
    """The core's writer: knows nothing of a language, a kind of talk or a common ground."""
    return generate.few_shot(writer, drafts=1, demonstrations=shown)


def shows_targets(writer: ChatModel, *, shown: int) -> loop.Proposer:
    """Takes what was written before as an example, too."""
    made = generate.write_in(writer, shown=shown)

    class Feeding:
        def __init__(self) -> None:
            self.own: list[Conversation] = []

        async def propose(self, pair: Any, pool: Any, **how: Any) -> Any:
            async for draft in made.propose(pair, self.own or pool, **how):
                self.own.append(draft)
                yield draft

    return Feeding()


def shows_nothing(writer: ChatModel, *, shown: int) -> loop.Proposer:
    return generate.write_in(writer, shown=0)


def exact_doubles_only(people: Sequence[Persona]) -> list[Persona]:
    return list({person.sentences: person for person in reversed(people)}.values())[::-1]


def words_between_spaces(people: Sequence[Persona]) -> list[Persona]:
    from dramaturg.dataset.near import near_repeats

    doubles = near_repeats((" ".join(p.sentences) for p in people), 0.7)
    return [person for i, person in enumerate(people) if i not in doubles]


def by_first_fact(people: Sequence[Persona]) -> list[Persona]:
    known = persona.without_doubles(people)
    return [person for person in known if person.language != "ko"]


def latin_letters_only(text: str) -> str:
    return text.encode("ascii", "ignore").decode()


def composed(text: str) -> str:
    """Normalised: what was two signs is one."""
    return unicodedata.normalize("NFKC", text)


def stored_composed(talk: Conversation) -> Conversation:
    turns = tuple(msgspec.structs.replace(t, text=composed(t.text)) for t in talk.turns)
    return msgspec.structs.replace(talk, turns=turns)


def stored_backwards(talk: Conversation) -> Conversation:
    """Right-to-left text turned around to look right on a screen."""
    turns = tuple(
        msgspec.structs.replace(t, text=t.text[::-1]) if "\u0600" < t.text[0] < "\u0700" else t
        for t in talk.turns
    )
    return msgspec.structs.replace(talk, turns=turns)


WRONG: dict[str, list[dict[str, Any]]] = {
    "what_is_dropped": [
        {"read": joins_turns_of_one_speaker}, {"astray": by_letters_alone},
        {"astray": whole_turns_only}, {"astray": sure_of_everything}, {"copy": EqualTurnsOnly},
    ],
    "pasted_facts": [{"copy": EqualTurnsOnly}, {"copy": AnySharedWord}, {"copy": SpacesOnly}],
    "scenes_in_balance": [{"draw": in_lockstep}, {"draw": row_by_row}, {"draw": first_ones_more}],
    "scenes_that_can_be": [{"draw": everything_with_everything}, {"draw": never_with_a_mark}],
    "no_example_in_a_target": [
        {"propose": writes_in_english}, {"propose": shows_targets}, {"propose": shows_nothing},
    ],
    "doubles_go": [
        {"alone": exact_doubles_only}, {"alone": words_between_spaces}, {"alone": by_first_fact},
    ],
    "every_script_comes_back": [
        {"show": latin_letters_only}, {"show": composed}, {"store": stored_composed},
        {"store": stored_backwards},
    ],
}  # fmt: skip
