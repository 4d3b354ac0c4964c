"""What is wrong with a played scene? A judge lists flaws with their severity; the rest is counted.

Source: Wang et al. 2025, CoSER, arXiv:2502.09082: four dimensions, severities from 1 to 5, and a
score that forgives longer scenes more. Differs: a flaw whose severity is no whole number is kept
and told but, as in the source, not counted; the judge is asked again where a reply has no list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from dramaturg.errors import NotJudged, ReplyError, UserError
from dramaturg.models import ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.prompts.channels import THOUGHT, read_script, transcript
from dramaturg.records import Conversation, Turn, Verdict
from dramaturg.scorers.asked import need_words
from dramaturg.scorers.base import PROMPTED, Scorer, timeless
from dramaturg.scorers.yes_no import needs

ENVIRONMENT = "Environment"
DIMENSIONS = (
    "storyline_consistency",
    "anthropomorphism",
    "character_fidelity",
    "storyline_quality",
)
FLAW_TASKS = tuple(f"judge.flaws.{dimension}" for dimension in DIMENSIONS)
PER_SEVERITY, PER_TURN = 5.0, 0.3
MOST = 10  # severity; 5 is the worst single flaw, 10 that of words repeated over and over
_SCHEMA = {
    "type": "object",
    "properties": {
        "flaws": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "flaw": {"type": "string"},
                    "type": {"type": "string"},
                    "severity": {"type": "integer"},
                },
                "required": ["flaw", "type", "severity"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["flaws"],
    "additionalProperties": False,
}


class Flaw(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong.

    Attributes:
        severity: 1 (slight) to 5 (grave), 10 for words repeated over and over; None where the
            judge gave no whole number: it is not counted.
    """

    what: str
    type: str
    severity: int | None


class PlayedScene(msgspec.Struct, frozen=True, kw_only=True):
    """A scene as its judge sees it; nobody's thoughts are in it."""

    title: str
    plot: str
    setting: str
    people: tuple[tuple[str, tuple[str, ...]], ...]
    major: tuple[str, ...]
    original: str
    played: str


def severity_of(value: object) -> int | None:
    """What a severity counts: a whole number itself, a missing one 1, all else nothing.

    >>> severity_of(3), severity_of(None), severity_of(3.5), severity_of("3"), severity_of(True)
    (3, 1, None, None, None)
    """
    if value is None:
        return 1
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def flaw_score(severities: Sequence[int | None], actor_turns: int) -> float:
    """100 less 5 for each point of severity, of which 0.3 a turn are forgiven; in [0, 100].

    Args:
        severities: Of all flaws; None is not counted.
        actor_turns: Turns of characters, those of the environment left out, >= 0.

    >>> flaw_score([3, 3, 4], 11)
    66.5
    """
    points = sum(severity for severity in severities if severity is not None)
    return max(0.0, min(100.0 - (points - PER_TURN * actor_turns) * PER_SEVERITY, 100.0))


def actor_turns(conversation: Conversation) -> int:
    """Turns of characters; the environment is none."""
    names = [speaker.name for speaker in conversation.speakers]
    return sum(names[turn.speaker] != ENVIRONMENT for turn in conversation.turns)


def flaw_list(dimension: str, judge: ChatModel) -> Scorer:
    """Lists the flaws of a scene in one dimension; a value in [0, 100], higher is better.

    Args:
        dimension: One of `DIMENSIONS`. Storyline consistency and character fidelity hold the scene
            against the original in `scene["reference"]`, a list of [name, line]; without one there
            is no consistency to judge, and fidelity rests on the profiles.

    Raises:
        UserError: If there is no such dimension, or the judge cannot be asked.
    """
    if dimension not in DIMENSIONS:
        raise UserError(f"there is no dimension {dimension!r}", fix="use " + ", ".join(DIMENSIONS))
    return _FlawList(dimension, judge)


def read_flaws(reply: str) -> tuple[Flaw, ...]:
    """The flaws of a reply, in order.

    Raises:
        ReplyError: "malformed JSON" without a list; "severity" for one below 0 or above 10.
    """
    value, _ = read_json(reply)
    rows = _rows(value)
    if rows is None:
        raise ReplyError("the reply has no list of flaws", kind="malformed JSON")
    flaws = [_flaw(row) for row in rows if isinstance(row, dict)]
    for flaw in flaws:
        if flaw.severity is not None and not 0 <= flaw.severity <= MOST:
            raise ReplyError(f"no severity: {flaw.severity}", kind="severity")
    return tuple(flaws)


def _flaw(row: dict[str, Any]) -> Flaw:
    said = row.get("flaw", row.get("instance", ""))
    severity = severity_of(row.get("severity"))
    return Flaw(what=" ".join(str(said).split()), type=str(row.get("type", "")), severity=severity)


def _rows(value: Any) -> list[Any] | None:
    """The list of flaws, at the top, under "flaws", or one dimension deeper."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        if "flaws" in value:
            return _rows(value["flaws"])
        return next((_rows(inner) for inner in value.values() if isinstance(inner, dict)), None)
    return None


class _FlawList:
    version, cost_rank, low, high = "flaws-1", PROMPTED, 0.0, 100.0

    def __init__(self, dimension: str, judge: ChatModel) -> None:
        self.name, self.dimension, self.judge = f"flaws_{dimension}", dimension, judge
        self.task: Task[PlayedScene, tuple[Flaw, ...]] = Task(
            name=f"judge.flaws.{dimension}",
            prompt=load("dramaturg.scorers", f"flaws_{dimension}"),
            fill=self._fill,
            parse=lambda reply, _: read_flaws(reply),
            sampling=Sampling(temperature=0.0, top_k=None, max_tokens=1_500),
            schema=_SCHEMA,
        )
        needs(judge, self.task.name)

    def _fill(self, scene: PlayedScene) -> dict[str, str]:
        people = "\n".join(f"{quote(who)}:\n{quote_list(facts)}" for who, facts in scene.people)
        values = {
            "title": quote(scene.title) or "(not known)",
            "plot": quote(scene.plot) or "(not known)",
            "setting": quote(scene.setting) or "(not known)",
            "people": people or "(nothing is known)",
            "major": ", ".join(map(quote, scene.major)),
            "original": scene.original or "(not known)",
            "played": scene.played,
        }
        return {place: values[place] for place in self.task.prompt.places}

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        scene = played_scene(conversation)
        if not scene.original and self.dimension == DIMENSIONS[0]:
            raise NotJudged("there is no original to hold the scene against", kind="no reference")
        answer = await ask(self.judge, self.task, scene, seed=seed, about=conversation.id)
        flaws = answer.value
        turns = actor_turns(conversation)
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(flaw_score([flaw.severity for flaw in flaws], turns), 6),
            low=self.low,
            high=self.high,
            reasons=tuple(
                f"{flaw.type or 'flaw'} ({flaw.severity or 'not counted'}): {flaw.what}"
                for flaw in sorted(flaws, key=lambda flaw: -(flaw.severity or 0))
            ),
            model=self.judge.ref,
            cost=timeless(answer.cost),
        )


def played_scene(conversation: Conversation) -> PlayedScene:
    """What a judge sees of a conversation: all that others on the stage could see."""
    names = [speaker.name for speaker in conversation.speakers]
    scene = conversation.scene
    major = tuple(name for name in names if name != ENVIRONMENT)
    return PlayedScene(
        title=str(scene.get("title", "")),
        plot=str(scene.get("plot", "")),
        setting=str(scene.get("setting", "")),
        people=tuple((s.name, s.persona) for s in conversation.speakers if s.persona),
        major=tuple(map(str, scene.get("major", ()))) or major,
        original=_original(scene.get("reference", ())),
        played=transcript(conversation.turns, names, hide=[THOUGHT]),
    )


def _original(lines: Sequence[Sequence[str]]) -> str:
    """The original's lines, thoughts left out."""
    names = list(dict.fromkeys(str(name) for name, _ in lines))
    turns: list[Turn] = [read_script(text).turn(names.index(name)) for name, text in lines]
    return transcript(turns, names, hide=[THOUGHT])
