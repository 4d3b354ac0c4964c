"""Attention checks: planted items whose answer is known, made from the data by plain rules.

Scrambled words: all words of a conversation are dealt out again over its turns, so that lengths
and vocabulary stay and the sense goes. It is never the human side, never the better one on a
planted scale, never rated high on one, and has a planted flag. Of other scales nothing is known:
scrambled words may well be as varied as the good ones. Such a check shows no conversation
that an item shows, which would give that item away. A quoted fact: a sentence that a speaker
says word for word; the turn that says it shows it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any

from dramaturg.records import Conversation, derive_seed

PASS_SHARE = 0.75  # an annotator with a smaller share of checks passed has failed
_SENTENCE = re.compile(r"[^.!?…]+[.!]?")


def scrambled(turns: Sequence[str], *, seed: int) -> list[str]:
    """The same words dealt out again over turns of the same lengths.

    Args:
        turns: Texts; where a text has no spaces (Chinese, Thai), its characters are dealt.

    >>> sorted(" ".join(scrambled(["I have two dogs.", "Oh, how nice!"], seed=1)).split())
    ['I', 'Oh,', 'dogs.', 'have', 'how', 'nice!', 'two']
    """
    spaced = sum(len(t.split()) for t in turns) * 12 > sum(len(t) for t in turns)
    parts = [t.split() if spaced else list(t) for t in turns]
    pool = [part for turn in parts for part in turn]
    random.Random(derive_seed(seed, "scramble", *turns)).shuffle(pool)
    dealt, at = [], 0
    for turn in parts:
        dealt.append((" " if spaced else "").join(pool[at : at + len(turn)]))
        at += len(turn)
    return dealt


def quotable(conversation: Conversation) -> tuple[int, str] | None:
    """A turn and a sentence of it that claims something of the speaker, or None.

    The first of the longest sentences of 4 to 25 words that begin with "I" and hold no question.
    """
    best: tuple[int, str] | None = None
    for index, turn in enumerate(conversation.turns):
        if "?" in turn.text:
            continue
        for sentence in _SENTENCE.findall(turn.text):
            words = sentence.split()
            if 4 <= len(words) <= 25 and words[0] in ("I", "i", "I'm", "I've", "My", "my"):
                text = sentence.strip()
                if best is None or len(text) > len(best[1]):
                    best = (index, text)
    return best


def passes(task: str, expected: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    """Whether an answer to a planted item is the known one.

    Args:
        expected: The item's key: turing {"side": "a"|"b"}, pairwise {"side", "names": [questions
            whose answer is known]}, likert {"scales": [names that must be 1 or 2]}, faithfulness
            {"relation", "turn"}, flags {"any_of": [names]}.
    """
    if task in ("turing", "pairwise"):
        choices: Mapping[str, str] = answer["choices"]
        names = expected.get("names", list(choices))
        return bool(names) and all(choices.get(name) == expected["side"] for name in names)
    if task == "likert":
        asked = [answer["ratings"][name] for name in expected["scales"]]
        return all(value <= 2 for value in asked)
    if task == "faithfulness":
        marks: Mapping[str, str] = answer["marks"]
        relation: str = expected["relation"]
        return marks.get(str(expected["turn"])) == relation
    return bool(set(answer["flags"]) & set(expected["any_of"]))
