"""How many calls the recipes that begin with texts or topics will make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dramaturg.persona import seeds_wanted
from dramaturg.recipes.recipe import Step

_ANY = 10**9
PERSONA_HUB_RANGES: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(["people", "close", "count"], (1, _ANY)),
    **dict.fromkeys(["shown", "talks"], (0, _ANY)),
    "rounds": (0, 12),
    **dict.fromkeys(["same_words", "same_meaning"], (0.01, 1)),
}
DIASYNTH_RANGES: Mapping[str, tuple[float, float]] = {
    "conversations": (1, _ANY),
    "subtopics": (0, 20),
    "people": (2, 20),
    "alike": (0.01, 1),
    "shown": (0, 20),
}
_DESCRIPTION = 35  # tokens
_TALK = 240
_WRITTEN = {"instruction": 60, "knowledge": 450, "npc": 220, "maths": 90, "reasoning": 120,
            "tool": 150}  # fmt: skip


def persona_hub_calls(s: Mapping[str, Any], _: int) -> list[Step]:
    """Nobody is a duplicate, every passage tells of somebody, nothing is asked twice."""
    rounds, close = s["rounds"], s["close"]
    first = seeds_wanted(s["people"] or s["count"], rounds, close)
    near = sum(first * close**depth for depth in range(rounds))
    given = 0 if s["texts"] or not s["people_from"] else first
    size = _WRITTEN.get(s["template"], 150)
    shown = s["shown"] * size if s["examples"] else 0
    return [
        Step("people in texts", "writer", first - given, 500, _DESCRIPTION, "persona.from_text"),
        Step("people close to them", "writer", near, 350, 50 * close, "persona.related"),
        Step("texts", "writer", s["count"], 180 + _DESCRIPTION + shown, size, "text.instruction"),
        Step("talks", "writer", s["talks"], 1_400, 150 + _TALK, "conversation.reasoned"),
    ]


def diasynth_calls(s: Mapping[str, Any], _: int) -> list[Step]:
    """Every list is full and nothing is asked twice; the topics of the file are counted."""
    topics, n = _topics(s["topics"]), s["conversations"]
    branches = min(n, topics * max(1, s["subtopics"]))
    talks = min(n, branches * s["people"] * (s["people"] - 1) // 2)
    before = 450 + s["shown"] * _TALK
    reasoned = 200 if s["reasoning"] else 0
    split = topics if s["subtopics"] else 0
    return [
        Step("subtopics", "writer", split, 120, 8 * s["subtopics"], "topic.split"),
        Step("people", "writer", branches, 140, _DESCRIPTION * s["people"], "topic.people"),
        Step("talks", "writer", talks, before, reasoned + _TALK, "conversation.reasoned"),
        Step("ratings", "judge", talks * s["ratings"], 300 + _TALK, 40, "judge.overall"),
        Step("summaries", "writer", talks * s["summaries"], 250 + _TALK, 60,
             "conversation.summarise"),
    ]  # fmt: skip


def _topics(path: Any) -> int:
    """Lines of a file that name a topic; 16, as in the paper, where there is no file yet."""
    from dramaturg.errors import UserError
    from dramaturg.recipes.reading import read_topics

    try:
        return len(read_topics(path))
    except UserError:
        return 16
