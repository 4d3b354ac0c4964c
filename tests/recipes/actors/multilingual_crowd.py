"""Everybody in `multilingual-crowd`: workers and writer in French, German and Korean, the judge."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from dramaturg.models import Call, ScriptedModel

SETTINGS: dict[str, Any] = {"conversations": 12, "people": 6, "partners": 2, "max_turns": 10}
EMBEDDED = "refuses"
PER_ITEM = (
    "a persona for each side, the whole conversation in one call, filters by rule, a judgement of "
    "harm and one of fluency, coherence and culture"
)
WORDS = {
    "French": (
        ["chiens", "livres", "vélos", "fromages", "bateaux", "pommes", "cartes", "violons"],
        "J'ai des {0} et je ne veux pas les vendre, même pour des {1}.",
        [
            "Tu sais, avec les {0} c'est toujours comme ça, mais les {1} me plaisent aussi.",
            "Moi, je préfère les {1}, et toi, tu as encore tes {0} ?",
            "Hier j'ai vu des {0} dans la rue, il y avait aussi des {1}.",
            "On peut parler des {0} plus tard, je suis très en retard pour les {1}.",
        ],
    ),
    "German": (
        ["Hunde", "Bücher", "Räder", "Käse", "Boote", "Äpfel", "Karten", "Geigen"],
        "Ich habe viele {0} und möchte sie nicht gegen {1} tauschen.",
        [
            "Weißt du, mit den {0} ist das immer so, aber ich mag auch {1} sehr gerne.",
            "Und was ist mit {1}, hast du noch die {0} von gestern?",
            "Ich war heute bei den {0}, und da gab es auch {1}.",
            "Wir können später über {0} reden, ich bin schon zu spät für die {1}.",
        ],
    ),
    "Korean": (
        ["강아지", "책", "자전거", "치즈", "배", "사과", "지도", "바이올린"],
        "저는 {0} 때문에 {1} 가게에서 오랫동안 일했어요.",
        [
            "그런데 {0} 이야기는 늘 그렇죠, 저는 {1} 쪽이 더 좋아요.",
            "어제 길에서 {0} 봤는데 옆에 {1} 가게도 있었어요.",
            "아직도 {1} 모으세요? 저는 이제 {0} 그만두려고요.",
            "나중에 {0} 얘기해요, 지금 {1} 때문에 늦었어요.",
        ],
    ),
}


def actor() -> ScriptedModel:
    tasks: dict[str, Any] = {
        "persona.crowd": _persona,
        "conversation.write_in": _talk,
        "judge.toxicity": "No\nWhy: nothing of the kind is said.",
        "judge.in_target": _rating,
    }
    return ScriptedModel(by_task=tasks, ref="scripted:actor")


def paper_calls(settings: Mapping[str, Any]) -> float:
    """Three languages of so many people, then a draft and two judgements a conversation."""
    return float(3 * settings["people"] + 3 * settings["conversations"])


def _language(call: Call) -> str:
    said = " ".join(message.content for message in call.messages)
    return next(name for name in WORDS if name in said)


def _persona(call: Call) -> str:
    words, told, _ = WORDS[_language(call)]
    return "\n".join(told.format(*_two(words, call, n)) for n in range(5))


def _talk(call: Call) -> str:
    words, _, said = WORDS[_language(call)]
    return "\n".join(
        f"User {n % 2 + 1}: {said[_number(call, n) % 4].format(*_two(words, call, n))}"
        for n in range(10)
    )


def _rating(call: Call) -> str:
    scores = {name: 3 + _number(call, name) % 3 for name in ("fluency", "coherence", "culture")}
    return json.dumps({**scores, "why": "turn 2"})


def _two(words: list[str], call: Call, salt: object) -> tuple[str, str]:
    first = _number(call, f"{salt} a") % len(words)
    second = (first + 1 + _number(call, f"{salt} b") % (len(words) - 1)) % len(words)
    return words[first], words[second]


def _number(call: Call, salt: object) -> int:
    text = f"{call.task}|{call.seed}|{salt}|" + "".join(m.content for m in call.messages)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=6).digest(), "big")
