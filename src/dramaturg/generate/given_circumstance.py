"""Play a scene: every character an agent of its own, the world around them, and who is next.

Source: Wang et al. 2025, CoSER, arXiv:2502.09082: given-circumstance acting; at most 20 turns, an
end from the fifth on, nobody twice in a row. Differs: an actor knows a few sentences of the other
characters and not all of their profiles, which hold what only they know; a draw for a missing name
is seeded; nobody is asked who is next where only one can be.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from dramaturg.errors import ReplyError
from dramaturg.generate.acting import (
    Next,
    Part,
    Surroundings,
    act,
    follow,
    next_speaker,
    surroundings,
)
from dramaturg.generate.metered import Metered
from dramaturg.generate.private import PrivateContext
from dramaturg.generate.stage import stage
from dramaturg.models import Answer, ChatModel, ask
from dramaturg.prompts.channels import transcript
from dramaturg.records import (
    Conversation,
    Ensemble,
    Persona,
    Provenance,
    Speaker,
    Turn,
    derive_seed,
)
from dramaturg.scorers.flaws import ENVIRONMENT

O = TypeVar("O")  # noqa: E741
Play = Callable[[Ensemble], Awaitable[Conversation]]


def given_circumstance(
    actor: ChatModel,
    environment: ChatModel,
    director: ChatModel,
    *,
    turns: tuple[int, int] = (5, 20),
    thoughts: bool = True,
    recall: int = 3,
    known: int = 3,
    seed: int,
    recipe: str = "given-circumstance",
) -> Play:
    """How a scene is played by these models: an ensemble in, the conversation out.

    The scene's fields give `setting`, `motivations` by name, `plot_number`, and in `reference` who
    begins; `history` of a person holds what they lived through, by number of the plot. The world
    around them is the last speaker, "Environment".

    Args:
        turns: The scene may end after so many, and ends after so many, the environment's counted.
        thoughts: Whether actors think, which nobody else gets to know.
        recall: Most memories an actor is reminded of at once, of what came before this scene.
        known: Sentences an actor knows of each other character.

    Raises:
        ReplyError: From the play, if an actor's reply cannot be used twice.
    """

    async def play(ensemble: Ensemble) -> Conversation:
        company = _Company(
            ensemble=ensemble,
            models={"actor": actor, "environment": environment, "director": director},
            least=turns[0],
            thoughts=thoughts,
            recall=recall,
            known=known,
            seed=seed,
        )
        staged = await stage(
            len(company.names), speak=company.speak, follow=company.follow, most=turns[1]
        )
        return Conversation(
            scene_id=ensemble.id,
            scene=dict(ensemble.scene.fields),
            speakers=(*map(_speaker, ensemble.people), Speaker(name=ENVIRONMENT)),
            turns=staged.turns,
            provenance=company.provenance(recipe, staged.ended),
        )

    return play


@dataclass
class _Company:
    """One scene under way."""

    ensemble: Ensemble
    models: Mapping[str, ChatModel]
    least: int
    thoughts: bool
    recall: int
    known: int
    seed: int
    keys: list[str] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)
    repairs: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        people, fields = self.ensemble.people, self.ensemble.scene.fields
        self.names = [*(person.name for person in people), ENVIRONMENT]
        self.setting = str(fields.get("setting", ""))
        self.wants: Mapping[str, str] = fields.get("motivations", {})
        self.metered = {role: Metered(model) for role, model in self.models.items()}
        before = int(fields.get("plot_number", 0))
        self.private = [
            PrivateContext(lived_before(person, before), at_once=self.recall) for person in people
        ]
        for person, own in zip(people, self.private, strict=True):
            own.called_for(f"{self.setting} {self.wants.get(person.name, '')}")
        major = [self.names.index(who) for who in fields.get("major", ()) if who in self.names]
        self.major = [*(major or range(len(people))), len(people)]
        begins = next((str(who) for who, _ in fields.get("reference", ())), self.names[0])
        self.first = self.names.index(begins) if begins in self.names else 0

    async def speak(self, speaker: int, heard: tuple[Turn, ...]) -> Turn:
        """The speaker's next turn, from what that speaker has heard."""
        own = derive_seed(self.seed, "act", self.ensemble.id, len(heard))
        talk = transcript(heard, self.names)
        if speaker == len(self.ensemble.people):
            around = Surroundings(setting=self.setting, names=tuple(self.names[:-1]), talk=talk)
            said = await ask(
                self.metered["environment"],
                surroundings(),
                around,
                seed=own,
                about=self.ensemble.id,
            )
            script = self._kept(said, "stage.environment")
        else:
            part = self.part(speaker, talk, self.private[speaker].after(heard))
            said = await ask(self.metered["actor"], act(), part, seed=own, about=self.ensemble.id)
            script = self._kept(said, "stage.act")
        self.repairs.update(script.repairs)
        return script.turn(speaker)

    def part(self, speaker: int, talk: str, recalled: tuple[str, ...]) -> Part:
        """What the actor of one character knows."""
        person = self.ensemble.people[speaker]
        others = (p for i, p in enumerate(self.ensemble.people) if i != speaker)
        return Part(
            name=person.name,
            title=str(self.ensemble.scene.fields.get("title", "")),
            profile=person.sentences,
            motivation=self.wants.get(person.name, ""),
            setting=self.setting,
            others=tuple((p.name, " ".join(p.sentences[: self.known])) for p in others),
            recalled=recalled,
            talk=talk,
            names=tuple(self.names),
            thinks=self.thoughts,
        )

    async def follow(self, turns: tuple[Turn, ...]) -> int | None:
        """Who speaks next; None for the end."""
        if not turns:
            return self.first
        may_end, last = len(turns) >= self.least, turns[-1].speaker
        if len(self.names) == 2 and not may_end:
            return 1 - last
        named = await self._named(turns, may_end)
        draw = random.Random(derive_seed(self.seed, "draw", self.ensemble.id, len(turns)))
        index, as_said = next_speaker(
            named,
            names=self.names,
            major=self.major,
            last=last,
            spoken=len(turns),
            least=self.least,
            draw=draw,
        )
        self.repairs["next speaker drawn"] += not as_said
        return index

    async def _named(self, turns: tuple[Turn, ...], may_end: bool) -> str | None:
        own = derive_seed(self.seed, "follow", self.ensemble.id, len(turns))
        given = Next(
            setting=self.setting,
            names=tuple(self.names),
            last=self.names[turns[-1].speaker],
            talk=transcript(turns, self.names),
            may_end=may_end,
        )
        try:
            said = await ask(
                self.metered["director"], follow(), given, seed=own, about=self.ensemble.id
            )
        except ReplyError:
            return None  # a draw, counted like any other name that is none
        return self._kept(said, "stage.follow")

    def _kept(self, said: Answer[O], task: str) -> O:
        self.keys += [key for key in said.keys if key]
        self.hashes[task] = said.prompt_hash
        return said.value

    def provenance(self, recipe: str, ended: str) -> Provenance:
        """Where the play comes from, and what it took."""
        spent = {role: model.spent() for role, model in self.metered.items()}
        cost = {key: sum(one[key] for one in spent.values()) for key in spent["actor"]}
        return Provenance(
            recipe=recipe,
            models={role: model.ref for role, model in self.models.items()},
            prompts=dict(sorted(self.hashes.items())),
            seed=self.seed,
            calls=tuple(self.keys),
            repairs={name: n for name, n in sorted(self.repairs.items()) if n},
            extra={"ended": ended, "cost": cost},
        )


def lived_before(person: Persona, plot_number: int) -> list[str]:
    """What a person lived through in earlier plots of the work: nobody recalls the future."""
    lived: Sequence[Mapping[str, Any]] = person.views.get("history", ())
    return [str(one["text"]) for one in lived if int(one["plot"]) < plot_number]


def _speaker(person: Persona) -> Speaker:
    return Speaker(
        name=person.name,
        persona_id=person.id,
        persona=person.sentences,
        fact_ids=tuple(fact.id for fact in person.facts),
    )
