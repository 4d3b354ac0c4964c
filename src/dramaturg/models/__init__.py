"""Models: what one can do is its type; one file a provider."""

from dramaturg.models.ask import Answer, ask, calls_heard
from dramaturg.models.base import (
    Call,
    ChatModel,
    Embedder,
    Judgement,
    LogProbModel,
    NLIModel,
    Odds,
    QualityModel,
    QualityRater,
    Reply,
    Scored,
    ToxicityModel,
    can_do,
)
from dramaturg.models.capacity import capacity
from dramaturg.models.cheap import cheap_nli
from dramaturg.models.scripted import ScriptedModel, ScriptedNLI

__all__ = [
    "Answer",
    "Call",
    "ChatModel",
    "Embedder",
    "Judgement",
    "LogProbModel",
    "NLIModel",
    "Odds",
    "QualityModel",
    "QualityRater",
    "Reply",
    "Scored",
    "ScriptedModel",
    "ScriptedNLI",
    "ToxicityModel",
    "ask",
    "calls_heard",
    "can_do",
    "capacity",
    "cheap_nli",
]
