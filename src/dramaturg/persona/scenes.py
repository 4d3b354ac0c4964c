"""Scenes with the people in them: read from a file, or put together from what a book gave."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset.source import existing_file, lines
from dramaturg.errors import RecordError, UserError
from dramaturg.records import Drop, Ensemble, Evidence, Fact, Persona, Scene
from dramaturg.scorers.faithfulness import sentences
from dramaturg.scorers.flaws import ENVIRONMENT
from dramaturg.store import notes

Line = tuple[str, str]
_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|Sr|Jr|Rev|Lt|Col|Gen|Capt|Prof|[A-Z])\.$")


class Circumstance(msgspec.Struct, frozen=True, kw_only=True):
    """One scene of a work.

    Attributes:
        lines: (who, what) of the original; "Environment" is a speaker.
        motivations: What each of the main characters wants, by name.
        plot_number: Place of its plot in the work, from 0.
    """

    title: str
    setting: str
    lines: tuple[Line, ...]
    plot: str = ""
    topic: str = ""
    motivations: dict[str, str] = msgspec.field(default_factory=dict)
    major: tuple[str, ...] = ()
    plot_number: int = 0


class Character(msgspec.Struct, frozen=True, kw_only=True):
    """One person of a work: who they are, and what they lived through, by number of the plot."""

    name: str
    title: str
    profile: str = ""
    lived: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Scenes:
    """What a source holds: scenes with their people, and sentences that a user should read."""

    scenes: list[Ensemble]
    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def people(self) -> list[Persona]:
        """Everybody once, in the order of the scenes."""
        return list({p.id: p for scene in self.scenes for p in scene.people}.values())


def read_scenes(source: Path) -> Scenes:
    """The scenes of a file: JSON, or JSON lines.

    A scene is an object with `scenario` and `dialogues` (objects of `character` and `message`,
    with [thoughts] and (actions)), and where they are known `book`, `plot.summary`, `topic`,
    `key_characters` (`name`, `motivation`), `major_characters`, `character_profiles` (text by
    name). A whole work is an object with `plots` (each with its `conversation` list) and
    `character_datasets`. Both are forms in which CoSER's data is published.

    Raises:
        UserError: If the file cannot be read or holds no scene that can be played.
    """
    path = existing_file(source, "scenes")
    found: list[tuple[Circumstance, dict[str, Character]]] = []
    dropped = 0
    for line, value in _objects(path):
        try:
            found += _of_object(value, title_of(path))
        except (KeyError, TypeError, ValueError, AttributeError, RecordError) as error:
            dropped += 1
            reason = f"no scene: line {line} cannot be read ({type(error).__name__}: {error})"
            notes.note(Drop(kind="input_line", reason=reason[:300], subject=path.name))
    made = [_of_scene(scene, cast, line) for line, (scene, cast) in enumerate(found)]
    kept = [one for one in made if one is not None]
    if not kept:
        raise UserError(
            f"{path} holds no scene that can be played",
            why=f"{dropped} objects could not be read, {len(found)} have nobody to act"
            if dropped or found
            else "it holds no object with 'scenario' and 'dialogues'",
            fix="give JSON with scenes (docs/recipes/coser.md), or the text of a book",
        )
    said = [f"{dropped} objects of {path.name} are no scenes: see dropped/"] if dropped else []
    return Scenes(kept, {"scenes": len(kept), "not_read": dropped}, said)


def title_of(path: Path) -> str:
    """A work's title by the name of its file.

    >>> title_of(Path("king_lear.txt"))
    'King Lear'
    """
    return path.stem.replace("_", " ").replace("-", " ").title()


def ensembles(found: Sequence[Circumstance], characters: Mapping[str, Character]) -> list[Ensemble]:
    """Scenes with their people, in order; one that nobody could act becomes a Drop."""
    made = [_of_scene(scene, characters, number) for number, scene in enumerate(found)]
    return [one for one in made if one is not None]


def persona_of(character: Character) -> Persona:
    """The character as a person: sentences of the profile as facts, what they lived as history."""
    evidence = (Evidence(document=character.title),) if character.title else ()
    facts = [
        Fact(text=" ".join(text.split()), provider="extracted", evidence=evidence)
        for line in character.profile.replace("**", "").splitlines()
        for text in _sentences(line.strip(" -#*"))
        if any(ch.isalnum() for ch in text)
    ]
    lived = [{"plot": number, "text": text} for number, text in character.lived]
    return Persona(
        name=character.name,
        facts=tuple({fact.id: fact for fact in facts}.values()),
        views={"history": lived} if lived else {},
        source=character.title,
    )


def _sentences(line: str) -> list[str]:
    """Sentences; a title or an initial with its full stop ends none."""
    found: list[str] = []
    for part in sentences(line):
        if found and _TITLE.search(found[-1]):
            found[-1] += f" {part}"
        else:
            found.append(part)
    return found


def _of_scene(
    scene: Circumstance, characters: Mapping[str, Character], number: int
) -> Ensemble | None:
    speak = list(dict.fromkeys(who for who, _ in scene.lines if who != ENVIRONMENT))
    named = [who for who in scene.motivations if who not in speak] if not speak else []
    names = speak + named
    if not names or not scene.setting.strip():
        why = "nobody to act: it has no character" if not names else "no setting: it is empty"
        notes.note(Drop(kind="scene", reason=f"{why}", subject=f"{scene.title}, scene {number}"))
        return None
    people = tuple(
        persona_of(characters.get(who) or Character(name=who, title=scene.title)) for who in names
    )
    fields: dict[str, Any] = {
        "title": scene.title,
        "setting": scene.setting,
        "plot": scene.plot,
        "plot_number": scene.plot_number,
        "topic": scene.topic,
        "motivations": {who: scene.motivations[who] for who in names if who in scene.motivations},
        "major": [who for who in scene.major if who in names],
        "reference": [list(line) for line in scene.lines],
    }
    kept = {key: value for key, value in fields.items() if value not in ("", [], {})}
    cast = tuple(person.id for person in people)
    return Ensemble(people=people, scene=Scene(cast=cast, fields=kept))


def _of_object(
    value: dict[str, Any], title_by_file: str
) -> list[tuple[Circumstance, dict[str, Character]]]:
    if "plots" in value and "character_datasets" in value:
        return _of_work(value, title_by_file)
    title = str(value.get("book", value.get("title", "")))
    plot = value.get("plot") or {}
    told = {c["name"]: str(c.get("description", "")) for c in plot.get("key_characters", ())}
    profiles = value.get("character_profiles") or {}
    cast = {
        who: Character(
            name=who,
            title=title,
            profile=_joined(told.get(who, ""), str(profiles.get(who, ""))),
        )
        for who in {**profiles, **told}
    }
    scene = _circumstance(value, title, str(plot.get("summary", "")), int(plot.get("i_p") or 0))
    return [(scene, cast)]


def _of_work(value: dict[str, Any], title: str) -> list[tuple[Circumstance, dict[str, Character]]]:
    lived: dict[str, list[tuple[int, str]]] = {}
    for number, plot in enumerate(value["plots"]):
        for one in plot.get("key_characters", ()):
            text = str(one.get("experience") or "")
            if text:
                lived.setdefault(str(one["name"]), []).append((number, text))
    cast = {
        who: Character(
            name=who,
            title=title,
            profile=str(told.get("profile", "")),
            lived=tuple(lived.get(who, ())),
        )
        for who, told in value["character_datasets"].items()
    }
    return [
        (_circumstance(scene, title, str(plot.get("summary", "")), number), cast)
        for number, plot in enumerate(value["plots"])
        for scene in plot.get("conversation", ())
    ]


def _circumstance(value: dict[str, Any], title: str, plot: str, plot_number: int) -> Circumstance:
    key = value.get("key_characters") or ()
    wants = {str(c["name"]): str(c.get("motivation") or c.get("thought") or "") for c in key}
    said = tuple((str(u["character"]), str(u["message"])) for u in value["dialogues"])
    return Circumstance(
        title=title,
        setting=str(value["scenario"]),
        lines=said,
        plot=plot,
        topic=str(value.get("topic") or ""),
        motivations={who: text for who, text in wants.items() if text},
        major=tuple(map(str, value.get("major_characters") or wants)),
        plot_number=plot_number,
    )


def _objects(path: Path) -> list[tuple[int, dict[str, Any]]]:
    """The objects of a JSON file (with the number of each, from 1) or of JSON lines."""
    numbered = list(lines(path))
    try:
        value = json.loads("\n".join(text for _, text in numbered))
        rows = list(enumerate(value if isinstance(value, list) else [value], 1))
    except (ValueError, RecursionError):
        rows = []
        for number, text in numbered:
            if text.strip():
                try:
                    rows.append((number, json.loads(text)))
                except (ValueError, RecursionError) as error:
                    reason = f"not JSON: line {number} ({error})"[:200]
                    notes.note(Drop(kind="input_line", reason=reason, subject=text[:200]))
    return [(number, row if isinstance(row, dict) else {"": row}) for number, row in rows]


def _joined(*texts: str) -> str:
    return "\n".join(text.strip() for text in texts if text.strip())


def reading_figures(read: Scenes) -> list[dict[str, Any]]:
    """How many lines of a book's scenes stand in the book: [] where no book was read."""
    lines_read = read.counts.get("lines", 0)
    if not lines_read:
        return []
    share = read.counts["lines_in_book"] / lines_read
    return [
        {
            "name": "lines_in_book",
            "value": share,
            "n": lines_read,
            "unit": "share of the characters' lines",
            "scorer": "half of a line's runs of three words stand in the book, no model",
        }
    ]


def starter_scenes() -> Path:
    """The file of two scenes that ships with the package: fiction of our own, Apache-2.0."""
    return Path(__file__).parent / "starter" / "the_lamp_at_skerry.json"
