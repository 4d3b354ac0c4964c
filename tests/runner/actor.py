"""A scripted instruction model that answers every prompt of the core recipe by its words.

It proves plumbing, not quality: what it says depends only on what it is asked (and on the seed),
so that a resumed run must get the same.
"""

from __future__ import annotations

import hashlib
import re

from dramaturg.models import Call, ScriptedModel

PLACES = ["Lisbon", "Turku", "Ghent", "Malaga", "Cork", "Graz", "Bergen", "Lille"]
THINGS = ["chess", "kites", "bread", "maps", "clocks", "boats", "moss", "radios"]
THINGS += ["violins", "snow", "tea", "bridges"]
VERBS = ["collect", "paint", "repair", "study", "sell", "draw", "photograph", "describe"]
VERBS += ["dream_of", "carry"]
POLICIES = ("depth", "coherency", "consistency", "diversity", "likable")
WRITES = "You write conversations"
QUESTIONS = {
    "You sort sentences": "query.induce",
    "You collect questions": "query.more",
    "You speak as a person": "persona.answer",
    "You write conversations": "conversation.write",
    "You judge whether": "nli.judge",
    "You check conversations between": "faithfulness",
    "You check conversations for harm": "toxicity",
    "You compare two": "quality",
}


def act(messages: list[tuple[str, str]], seed: int) -> str:
    """The reply to a prompt, given as (role, content)."""
    system = messages[0][1]
    asked = next(m for role, m in reversed(messages) if role == "user" and "</" in m)
    draw = _Draw(f"{seed}|{asked}")
    kind = next((k for start, k in QUESTIONS.items() if system.startswith(start)), "fact.negate")
    if kind == "query.induce":
        return f"Which {draw.one(THINGS)} do you {draw.verb()}?"
    if kind == "query.more":
        return "\n".join(
            f"Which {t} did you {draw.verb()} in {draw.one(PLACES)}?" for t in THINGS[:3]
        )
    if kind == "persona.answer":
        return f"I {draw.verb()} {draw.one(THINGS)} and {draw.one(THINGS)} in {draw.one(PLACES)}."
    if kind == "conversation.write":
        lines = [f"User {i % 2 + 1}: {draw.sentence()}" for i in range(6)]
        return "\n".join(lines)
    if kind == "nli.judge":
        return "neutral - nothing to do with each other"
    if kind == "fact.negate":
        fact = re.findall(r"<fact>(.*?)</fact>", asked, re.DOTALL)[-1]
        return f"It is not true that {fact[0].lower()}{fact[1:]}"
    if kind == "quality":
        first, second = re.findall(
            r"<conversation_\d>\n(.*?)\n</conversation_\d>", asked, re.DOTALL
        )
        return f"{1 if _digest(first) > _digest(second) else 2}\nWhy: it reads better."
    return "No\nWhy: nothing of the kind is said."


def actor_model(**faults: str) -> ScriptedModel:
    """The actor as a model in this process; `faults` replace the reply by task name."""

    def reply(call: Call) -> str:
        return act([(m.role, m.content) for m in call.messages], call.seed)

    tasks = [
        "query.induce", "query.more", "persona.answer", "conversation.write", "nli.judge",
        "fact.negate", "judge.faithfulness", "judge.toxicity", "judge.partner_fact",
        *(f"judge.quality.{policy}" for policy in POLICIES),
    ]  # fmt: skip
    script = {task: faults.get(task, reply) for task in tasks}
    return ScriptedModel(by_task=script, ref="scripted:actor")


class _Draw:
    def __init__(self, key: str) -> None:
        self._key, self._count = key, 0

    def one(self, words: list[str]) -> str:
        self._count += 1
        return words[_digest(f"{self._key}|{self._count}") % len(words)]

    def verb(self) -> str:
        return self.one(VERBS).replace("_", " ")

    def sentence(self) -> str:
        return (
            f"I {self.verb()} {self.one(THINGS)} in {self.one(PLACES)}, and sometimes "
            f"{self.one(THINGS)} when I {self.verb()} {self.one(THINGS)}."
        )


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
