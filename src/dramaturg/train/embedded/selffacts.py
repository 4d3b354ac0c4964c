"""First-person statements of a turn, lightly changed, as stand-ins for persona facts."""

from __future__ import annotations

import random
import re

from dramaturg.models.embedded.overlap import content_words

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_START = re.compile(r"(?:I|My|I'm|I've|I'd)\b")
_CLAUSE = re.compile(r"(?:,| and| but| so| because)\s+(?=(?:I|my|I'm|I've)\s)")
_EMPTY = re.compile(
    r"I do,|I'm (?:glad|sure|good|doing|fine|sorry|happy to|not sure|great|excited to hear)|"
    r"I (?:hope|think|know|agree|see|bet|understand|guess|should|would|will|can imagine|can see|"
    r"didn't know|appreciate|mean|wish you|don't blame|feel the same|just got|was just)\b|"
    r"I'd (?:love|like)|I'll|I've (?:heard|never heard|always wanted)|"
    r"I can't (?:wait|imagine|believe)|I (?:can|do)\b\W*$",
)
_OTHER = re.compile(
    r"\b(?:you|your|yours|it|that|them|those|this|we|us|our|he|she|they|ones?)\b", re.I
)
_FILLER = re.compile(r" (?:really|just|definitely|also|actually|too|as well|pretty much)\b")
_WRITTEN = (("I'm", "I am"), ("I've", "I have"), ("don't", "do not"), ("can't", "cannot"))


def statements(turn: str) -> list[str]:
    """Sentences and clauses that tell something of the speaker and can stand alone."""
    found = []
    for sentence in _SENTENCE.split(turn):
        if sentence.endswith("?"):
            continue
        for clause in [sentence, *_CLAUSE.split(sentence)]:
            clause = clause.strip(" ,")
            clause = clause[:1].upper() + clause[1:]
            if not _START.match(clause) or _EMPTY.match(clause) or _OTHER.search(clause):
                continue
            if 3 <= len(clause.split()) <= 18 and len(content_words(clause)) >= 2:
                found.append(clause)
                break
    return found


def as_fact(statement: str, rng: random.Random) -> str:
    """The statement as a profile would put it; one time in four unchanged."""
    fact = statement
    if rng.random() < 0.75:
        fact = _FILLER.sub("", fact).strip(" ,")
        cut = re.split(r",? (?:but|because|so|since|when|which) ", fact)[0]
        if rng.random() < 0.5 and len(content_words(cut)) >= 2 and len(cut.split()) >= 4:
            fact = cut
        if rng.random() < 0.4:
            for short, written in _WRITTEN:
                fact = re.sub(rf"\b{short}\b", written, fact)
    fact = re.sub(r"[!,;:. ]+$", "", fact)
    return roughened(fact + ".", rng)


def roughened(fact: str, rng: random.Random) -> str:
    """Now and then without its stop or its capitals, as users write facts."""
    if rng.random() < 0.07:
        fact = fact.rstrip(".")
    if rng.random() < 0.05:
        fact = fact[:1].lower() + fact[1:] if not fact.startswith("I") else fact.lower()
    return fact
