"""Dramaturg: from a list of people to a dataset of conversations you can trust.

    import dramaturg as dg
    ds = dg.run("synthetic-persona-chat", personas="people.txt", n=100, out="my-dataset")

This module defines nothing heavy: each name below is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dramaturg import evaluate
    from dramaturg.dataset import convert, load_conversations, load_personas
    from dramaturg.records import Conversation, Fact, Persona, Turn, Verdict
    from dramaturg.runner import acompare, aevaluate, ajudge, arun, compare, judge, run

__version__ = "0.1.0"

__all__ = [
    "Conversation",
    "Fact",
    "Persona",
    "Turn",
    "Verdict",
    "__version__",
    "acompare",
    "aevaluate",
    "ajudge",
    "arun",
    "compare",
    "convert",
    "evaluate",
    "judge",
    "load_conversations",
    "load_personas",
    "run",
]

_HOME = {
    "Conversation": "dramaturg.records",
    "Fact": "dramaturg.records",
    "Persona": "dramaturg.records",
    "Turn": "dramaturg.records",
    "Verdict": "dramaturg.records",
    "acompare": "dramaturg.runner",
    "aevaluate": "dramaturg.runner",
    "ajudge": "dramaturg.runner",
    "arun": "dramaturg.runner",
    "compare": "dramaturg.runner",
    "convert": "dramaturg.dataset",
    "judge": "dramaturg.runner",
    "load_conversations": "dramaturg.dataset",
    "load_personas": "dramaturg.dataset",
    "run": "dramaturg.runner",
}
_ROOMS = ("evaluate",)  # rooms that can be called: dg.evaluate("my-dataset")


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"dramaturg.{name}")
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'dramaturg' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
