"""Training samples out of a scene: one for each role, which hears what that role may hear.

Source: Wang et al. 2025, CoSER, arXiv:2502.09082: given-circumstance training. A scene gives each
of its characters two samples, with and without their own thoughts, one to the world around them,
and, of a tenth of the turns, who is next.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import msgspec

from dramaturg.generate.acting import Next, Part, Surroundings, act, follow, surroundings
from dramaturg.generate.given_circumstance import lived_before
from dramaturg.generate.private import PrivateContext
from dramaturg.generate.stage import heard_by
from dramaturg.prompts import Message
from dramaturg.prompts.channels import THOUGHT, read_script, transcript, write_script
from dramaturg.records import Ensemble, Turn, content_id, derive_seed
from dramaturg.scorers.flaws import ENVIRONMENT

DIRECTOR = "next speaker"


class RoleSample(msgspec.Struct, frozen=True, kw_only=True):
    """A chat to train one role on: what is learnt are the assistant's messages.

    Attributes:
        role: A character's name, "Environment", or "next speaker".
        thoughts: Whether the role's own thoughts are in it; nobody else's ever are.
        scene: Id of the scene.
        split: "train", "validation", "test", or "" while undecided.
    """

    scene: str
    role: str
    thoughts: bool
    messages: tuple[Message, ...]
    split: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.scene, self.role, self.thoughts, self.messages]
            msgspec.structs.force_setattr(self, "id", content_id("t", content))


def original_turns(ensemble: Ensemble) -> tuple[Turn, ...]:
    """The original's lines as turns; the environment is the last speaker."""
    names = [*(person.name for person in ensemble.people), ENVIRONMENT]
    told = ensemble.scene.fields.get("reference", ())
    return tuple(
        read_script(str(text)).turn(names.index(str(who))) for who, text in told if who in names
    )


def role_samples(
    ensemble: Ensemble, *, next_speakers: float = 0.1, known: int = 3, recall: int = 3, seed: int
) -> list[RoleSample]:
    """The samples of a scene's original: [] where it has none.

    Args:
        next_speakers: Share of the turns of which who is next is kept as a sample, in [0, 1].
    """
    turns = original_turns(ensemble)
    names = [*(person.name for person in ensemble.people), ENVIRONMENT]
    found: list[RoleSample] = []
    for speaker, name in enumerate(names):
        if not any(turn.speaker == speaker for turn in turns):
            continue
        for thoughts in (True, False) if name != ENVIRONMENT else (False,):
            opening = _opening(ensemble, speaker, names, thoughts, known, recall)
            talk = _chat(heard_by(speaker, turns), speaker, names, thoughts)
            messages = (*opening[:-1], *_joined(opening[-1], talk))
            found.append(
                RoleSample(scene=ensemble.id, role=name, thoughts=thoughts, messages=messages)
            )
    draw = random.Random(derive_seed(seed, "next speakers", ensemble.id))
    for at in range(1, len(turns)):
        if draw.random() < next_speakers and turns[at].speaker != turns[at - 1].speaker:
            found.append(_who_is_next(ensemble, turns[:at], turns[at].speaker, names))
    return found


def samples_of(
    scenes: Iterable[Ensemble], *, known: int = 3, recall: int = 3, seed: int
) -> list[RoleSample]:
    """The samples of all scenes, in order."""
    return [
        row
        for scene in scenes
        for row in role_samples(scene, known=known, recall=recall, seed=seed)
    ]


def _opening(
    ensemble: Ensemble, speaker: int, names: Sequence[str], thoughts: bool, known: int, recall: int
) -> tuple[Message, ...]:
    """The prompt that the role is asked with, before anybody has spoken."""
    fields = ensemble.scene.fields
    setting = str(fields.get("setting", ""))
    if names[speaker] == ENVIRONMENT:
        around = Surroundings(setting=setting, names=tuple(names[:-1]), talk="")
        return surroundings().prompt.render(surroundings().fill(around))
    person = ensemble.people[speaker]
    wants = str(fields.get("motivations", {}).get(person.name, ""))
    before = int(fields.get("plot_number", 0))
    private = PrivateContext(lived_before(person, before), at_once=recall)
    part = Part(
        name=person.name,
        title=str(fields.get("title", "")),
        profile=person.sentences,
        motivation=wants,
        setting=setting,
        others=tuple(
            (p.name, " ".join(p.sentences[:known]))
            for i, p in enumerate(ensemble.people)
            if i != speaker
        ),
        recalled=private.called_for(f"{setting} {wants}"),
        talk="",
        names=tuple(names),
        thinks=thoughts,
    )
    return act().prompt.render(act().fill(part))


def _chat(
    heard: Sequence[Turn], speaker: int, names: Sequence[str], thoughts: bool
) -> list[Message]:
    """Own turns as the assistant's; what others say between them as one message of the user."""
    found: list[Message] = []
    for turn in heard:
        own = turn.speaker == speaker
        if own:
            role, text = "assistant", write_script(turn, hide=() if thoughts else [THOUGHT])
        else:
            role, text = "user", transcript([turn], names)
        if found and found[-1].role == role:
            text = f"{found.pop().content}\n{text}"
        found.append(Message(role=role, content=text))
    while found and found[-1].role == "user":
        found.pop()
    return found


def _joined(opening: Message, talk: Sequence[Message]) -> list[Message]:
    """The opening is a message of the user: what is said before the first own turn joins it."""
    if talk and talk[0].role == "user":
        text = f"{opening.content}\n\n{talk[0].content}"
        return [msgspec.structs.replace(opening, content=text), *talk[1:]]
    return [opening, *talk]


def _who_is_next(
    ensemble: Ensemble, turns: Sequence[Turn], speaker: int, names: Sequence[str]
) -> RoleSample:
    heard = heard_by(-1, turns)
    given = Next(
        setting=str(ensemble.scene.fields.get("setting", "")),
        names=tuple(names),
        last=names[heard[-1].speaker],
        talk=transcript(heard, names),
        may_end=False,
    )
    asked = follow().prompt.render(follow().fill(given))
    answer = Message(role="assistant", content=f"Next: {names[speaker]}")
    return RoleSample(scene=ensemble.id, role=DIRECTOR, thoughts=False, messages=(*asked, answer))
