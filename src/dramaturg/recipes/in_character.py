"""Answers written for one end of a trait, until a judge who is not told reads them as that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dramaturg import generate, loop, profile
from dramaturg.errors import ReplyError
from dramaturg.models import Answer, ChatModel
from dramaturg.profile import Pole
from dramaturg.records import Check, Conversation, Ensemble, Persona, Provenance, derive_seed
from dramaturg.scorers import level_shown, trait_ratings


@dataclass(frozen=True)
class Job:
    """A scene, what was said first in it, and which end of a trait is to answer."""

    scene: Ensemble
    said: Answer[str]
    end: Pole

    @property
    def id(self) -> str:
        """The scene and the end, for drops."""
        return f"{self.scene.id} {self.end.name}"

    @property
    def people(self) -> tuple[Persona, Persona]:
        """Who speaks first, and who answers as the end of the trait."""
        first, second = self.scene.people
        return first, self.end.of(second)


@dataclass(frozen=True)
class InCharacter:
    """Writes one answer a job; called for each.

    Attributes:
        read_as: By end and scene: as which level the first answer of good form was read, "" for
            neither. Those of answers that were never kept are in it too.
    """

    writer: ChatModel
    critic: ChatModel
    words: int
    tries: int
    seed: int
    recipe: str
    read_as: dict[tuple[Pole, str], str] = field(default_factory=dict)

    async def __call__(self, job: Job) -> Conversation:
        """The exchange. Raises ReplyError, kind "not in character", when no try was kept."""
        scene, end, who = job.scene, job.end, character(job.end)
        shown = 0.0

        async def write(attempt: int, wrong: Sequence[str]) -> Answer[str]:
            return await generate.reply_as(
                scene, job.said.value, self.writer,
                who=who, words=self.words, attempt=attempt, complaints=wrong, seed=self.seed,
            )  # fmt: skip

        async def form(reply: Answer[str]) -> Check:
            why = generate.broken_line(reply.value, words=self.words, who=who, trait=end.trait)
            return Check(not why, why)

        async def recognised(reply: Answer[str]) -> Check:
            nonlocal shown
            own_seed = derive_seed(self.seed, "rate", scene.id, reply.value)
            rated = await trait_ratings(
                reply.value, self.critic, after=job.said.value, seed=own_seed, about=scene.id
            )
            level = level_shown(rated, end.trait)
            self.read_as.setdefault((end, scene.id), level)
            if level != end.level:
                return Check(False, f"a reader saw {level or 'neither'} in it, not the character")
            shown = rated[end.trait] if end.level == "high" else 1 - rated[end.trait]
            return Check(True)

        done = await loop.until_passes(write, [form, recognised], tries=self.tries)
        if done.value is None:
            raise ReplyError(done.complaints[-1], kind="not in character")
        made = Provenance(
            recipe=self.recipe,
            seed=self.seed,
            models={"writer": self.writer.ref, "critic": self.critic.ref},
            extra={"tries": done.tries, "complaints": list(done.complaints)},
        )
        return generate.exchange(
            scene,
            job.said,
            done.value,
            answering=job.people[1],
            made=made,
            fields={"trait": end.trait, "level": end.level, "character": who},
            scores={"trait_shown": round(shown, 6)},
        )


def character(end: Pole) -> str:
    """What somebody at this end is like, said to them."""
    return profile.show(end.of(Persona(facts=())), views=["traits"])
