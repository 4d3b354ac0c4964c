"""A scripted model that invents lives: dates, things and reasons follow from what it is asked."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dramaturg.models import Call, ScriptedModel

SETTINGS: dict[str, Any] = {
    "people": 3, "topics_each": 1, "events": 4, "questions": 7, "tokens": 2_000, "read": "both",
}  # fmt: skip
EMBEDDED = "refuses"
PER_ITEM = (
    "a life: 1 portrait; for each part of life 4 calls of events and 4 of sessions; for each "
    "question one call for it and its answer, one for the wrong answers; a reading with the history"
)
NAMES = ["Ada Lind", "Ben Oduya", "Chiara Rossi", "Dmitri Vale", "Edda Storm", "Femi Cole"]
THINGS = ["clay", "kites", "chess", "jazz", "snow", "bread", "maps", "tides", "moss", "radio"]
DOINGS = ["mending", "drawing", "tasting", "finding", "counting", "teaching", "building"]

KINDS = ["old", "small", "loud", "rare", "cheap", "red", "wild", "quiet", "paper", "winter", "sea"]
WORDS = (DOINGS, KINDS, THINGS)


def draw(key: str, words: list[str]) -> str:
    number = int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big")
    return words[number % len(words)]


def part(text: str, tag: str) -> str:
    found = re.findall(rf"<{tag}>\n(.*?)\n</{tag}>", text, re.DOTALL)
    return str(found[-1]) if found else ""


def asked(call: Call) -> str:
    return next(m.content for m in call.messages if m.role == "user")


def portrait(call: Call) -> str:
    key = asked(call)
    things = [f"{draw(key + str(i), DOINGS)} {THINGS[i]}" for i in range(10)]
    name = draw(key + str(call.seed), NAMES)
    about = [f"My name is {name}.", "I work in a library.", part(key, "note").lstrip("- ")]
    return json.dumps(
        {"name": name, "about": about, "likes": things[:5], "dislikes": things[5:]},
    )


def happened(call: Call) -> str:
    """New things in the past; afterwards half of what holds turns round, one thing twice."""
    text = asked(call)
    count, first, last = re.findall(r"(\d+) events from (\S+) to ([\d-]+)", text)[-1]
    begin, end = map(datetime.date.fromisoformat, (first, last))
    step = max(1, ((end - begin).days + 1) // int(count))
    holds = re.findall(r"^- (likes|dislikes) (.+)$", part(text, "known"), re.MULTILINE)
    given = re.findall(r"^- (likes|dislikes) (.+)$", part(text, "things"), re.MULTILINE)
    turning = [(s, a) for s, a in holds][: int(count) // 2 + 1]
    rows = []
    for i in range(int(count)):
        date = begin + datetime.timedelta(days=min(i * step, (end - begin).days))
        if i < len(turning):
            stance = "dislikes" if turning[i][0] == "likes" else "likes"
            about, reason = turning[i][1], f"It turned out otherwise on day {i}."
        elif given:
            (stance, about), reason = given[i % len(given)], ""
        else:
            stance, reason = ("likes", "dislikes")[i % 2], ""
            about = " ".join(draw(f"{text}{i}{n}", some) for n, some in enumerate(WORDS))
        event = f"On day {i} there was much to do with {about}."
        rows.append(
            {"date": str(date), "event": event, "about": about, "stance": stance, "reason": reason}
        )
    return json.dumps(rows)


def session(call: Call) -> str:
    lines = ["User: Hello, I would like to talk.", "Assistant: Gladly, go ahead."]
    for row in part(asked(call), "events").splitlines():
        number, now = row.split(".")[0], re.search(r"The user now (.+?)\.", row)
        lines.append(f"[event {number}]")
        lines.append(f"User: These days my view is plain: one {now[1] if now else 'sees'}.")
        lines.append("Assistant: Thank you for telling me that.")
    return "\n".join(lines)


def question(call: Call) -> str:
    about = part(asked(call), "thing")
    stance = re.findall(r"The user (likes|dislikes) ", part(asked(call), "told"))[-1]
    other = "dislikes" if stance == "likes" else "likes"
    return json.dumps(
        {
            "question": f"What comes to your mind, number {call.seed % 997}?",
            "right": f"You are one who {stance} {about} as things stand.",
            "wrong": [
                {"text": f"You are one who {other} {about} as things stand.", "why": "another"},
                {"text": f"You are one who never met {about} so far.", "why": "not up to date"},
                {"text": f"You are one who sells {about} for a living.", "why": "stereotype"},
            ],
        }
    )


def choose(call: Call) -> str:
    """Reads: the option whose words stand last in the history; without one a letter by the seed."""
    text = asked(call)
    history, options = part(text, "so_far"), re.findall(r"^\((\w)\) (.+)$", text, re.MULTILINE)
    best = max(options, key=lambda one: history.rfind(_claim(one[1])))
    if history.rfind(_claim(best[1])) < 0:
        best = options[int(draw(text, list("0123")))]
    return f"Final answer: ({best[0]})"


def _claim(option: str) -> str:
    found = re.search(r"one who (.+?) (?:as things|so far|for a)", option)
    return f"one {found[1]}" if found else option


def actor() -> ScriptedModel:
    return ScriptedModel(
        by_task={
            "persona.portrait": portrait,
            "life.past": happened,
            "life.evolve": happened,
            "session.write": session,
            "question.options": question,
            "option.choose": choose,
        },
        ref="scripted:actor",
    )


def inputs(folder: Path) -> dict[str, Any]:
    target = folder / "people.txt"
    target.write_text("I keep bees.\nI sail in winter.\nI sing in a choir.\n", encoding="utf-8")
    return {"personas": target}


def paper_calls(settings: Mapping[str, Any]) -> float:
    """The released code asks twice for each question; each is read once, with the history."""
    topics, lives = settings["topics_each"] + 1, settings["people"]
    return float(lives * (1 + topics * (4 + 4) + 3 * settings["questions"]))
