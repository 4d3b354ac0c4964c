"""How many calls the recipes with a stage will make: scenes of a book, threads of a forum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dramaturg import persona
from dramaturg.recipes.recipe import Step
from dramaturg.scorers import DIMENSIONS

_LINE, _PROFILE = 60, 250  # tokens: a line with thought and action; a character's profile
_SCENES_A_PIECE, _NEW_CHARACTERS = 1.5, 1.2  # of a book; characters that a scene adds
_ENDS_AT = 0.75  # of the most turns a scene has, where a director may end it
_JOIN = 0.5  # of those invited, a guess

COSER_RANGES = {
    "scenes": (1, 10**9), "turns": (1, 500), "least_turns": (0, 500), "recall": (0, 50),
    "known": (0, 100), "least_lines": (1, 1_000), "chunk_tokens": (200, 10**6),
}  # fmt: skip
SYNTHPAI_RANGES = {
    "threads": (1, 10**9), "people": (2, 10**9), "invited": (1, 10**6), "rounds": (1, 20),
    "actions": (1, 20), "critical": (0, 1),
}  # fmt: skip


def coser_calls(s: Mapping[str, Any], facts: int) -> list[Step]:
    """A book's pieces by its size; every turn is followed by the question who is next."""
    source, turns = s["book"], s["turns"]
    scenes, pieces, characters = s["scenes"], 0, 0
    if persona.holds_scenes(source):
        scenes = min(scenes, len(persona.read_scenes(source or persona.starter_scenes()).scenes))
    else:
        pieces = max(1, round(source.stat().st_size / 4 / s["chunk_tokens"]))
        scenes = min(scenes, max(1, round(_SCENES_A_PIECE * pieces)))
        characters = max(2, round(_NEW_CHARACTERS * scenes))
    spoken = max(1, round(turns * _ENDS_AT))
    talk = _LINE * spoken
    heard = talk // 2 + 2 * _PROFILE + 350
    return [
        Step("read the book", "reader", pieces, s["chunk_tokens"] + 600, 3_000, "book.extract"),
        Step("names", "reader", min(pieces, 1), 400, 200, "book.names"),
        Step("profiles", "reader", characters, 900, 250, "book.profile"),
        Step("lines", "actor", round(0.85 * scenes * spoken), heard, _LINE, "stage.act"),
        Step("surroundings", "environment", round(0.15 * scenes * spoken), heard, 50,
             "stage.environment"),
        Step("next speaker", "director", scenes * spoken, talk // 2 + 250, 30, "stage.follow"),
        Step("flaws", "critic", scenes * len(DIMENSIONS), 2 * talk + 2 * _PROFILE + 500, 250,
             "judge.flaws"),
    ]  # fmt: skip


def synthpai_calls(s: Mapping[str, Any], facts: int) -> list[Step]:
    """Half of those invited join; every comment is tagged, one in three gives something away."""
    people, threads = s["people"], s["threads"]
    made_up = people
    if s["profiles"] is not None:
        people, made_up = len(persona.read_profiles(s["profiles"])), 0
    invited = min(s["invited"], people - 1)
    chances = (1 + s["actions"]) / 2 * sum(max(7 - n, 1) / 10 for n in range(s["rounds"]))
    comments = round(threads * invited * _JOIN * chances)
    authors = min(people, threads + comments)
    sittings = authors * (3 if s["controls"] else 1)
    return [
        Step("people", "writer", made_up, 250, 90, "profile.invent"),
        Step("styles", "writer", people, 250, 130, "profile.style"),
        Step("posts", "writer", threads, 350, 90, "forum.post"),
        Step("who joins", "checker", threads * invited, 330, 2, "forum.join"),
        Step("comments", "writer", comments, 520, 25, "forum.comment"),
        Step("tags", "checker", comments + threads, 480, 40, "attributes.tag"),
        Step("check tags", "checker", round(0.3 * comments), 250, 8, "attributes.grade"),
        Step("inference", "guesser", sittings, 300 + 30 * comments // max(authors, 1), 250,
             "attributes.infer"),
        Step("grades", "checker", sittings, 250, 8, "attributes.grade"),
    ]  # fmt: skip
