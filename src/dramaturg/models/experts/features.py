"""The numbers that the inference expert decides on, for one pair of parsed texts."""

from dramaturg.models.experts.clashes import KINDS, Clash
from dramaturg.models.experts.clauses import Clause, Sentence
from dramaturg.models.experts.lexicon import lexicon
from dramaturg.models.experts.traits import EXCLUDES, traits

NAMES = (
    *(f"clash: {kind}" for kind in KINDS),
    "more than one clash",
    "fact covered",  # share of the fact's topic words that the utterance says
    "utterance covered",
    "covered, none denied",
    "wholly covered, none denied",
    "cosine",
    "cosine above 0.5",
    "cosine, no clash",
    "same attitude, shared topic",
    "other attitude, shared topic",
    "other polarity, shared topic",
    "other tense or mood, shared topic",
    "same value",
    "same trait",
    "shared class, no shared word",
    "shared class and word",
    "same count",
    "about another subject",
    "long utterance",
    "no claim",
)


def features(said: Sentence, fact: Sentence, found: list[Clash], cosine: float) -> list[float]:
    """One row, in the order of `NAMES`; every entry lies in -1..1.

    Args:
        said: The utterance.
        fact: The persona fact.
        found: What `clashes` gives for the two.
        cosine: Of their static vectors.
    """
    kinds = {clash.kind for clash in found}
    shared = said.stems & fact.stems
    covered = len(shared) / len(fact.stems) if fact.stems else 0.0
    back = len(shared) / len(said.stems) if said.stems else 0.0
    a, b = _best_pair(said, fact)
    overlap = bool(a and b and a.stems & b.stems)
    clean = not found
    denied = bool(overlap and a and b and a.polarity != b.polarity)
    mood = bool(overlap and a and b and (a.past != b.past or a.hypothetical != b.hypothetical))
    attitudes = (a.attitude, b.attitude) if a and b and overlap else (0, 0)
    values = {s for c in said.clauses for s in c.slots} & {s for c in fact.clauses for s in c.slots}
    told = traits(said) & traits(fact) & _KNOWN
    counts = {n for c in said.clauses for n in c.counts if n[1] > 1} & {
        n for c in fact.clauses for n in c.counts
    }
    shared_class = bool(_classes(said) & _classes(fact))
    subjects = (a.subject or "i", b.subject or "i") if a and b else ("", "")
    return [
        *(float(kind in kinds) for kind in KINDS),
        float(len(kinds) > 1),
        covered,
        back,
        covered * (clean and not denied),
        float(covered == 1.0 and clean and not denied and attitudes[0] * attitudes[1] >= 0),
        cosine,
        float(cosine > 0.5),
        cosine * clean,
        float(attitudes[0] * attitudes[1] == 1),
        float(attitudes[0] * attitudes[1] == -1),
        float(denied),
        float(mood),
        float(bool(values)),
        float(bool(told)),
        float(shared_class and not shared),
        float(shared_class and bool(shared)),
        float(bool(counts)),
        float(subjects[0] != subjects[1]),
        min(len(said.stems) / 20, 1.0),
        float(not said.clauses),
    ]


_KNOWN = frozenset(EXCLUDES) | frozenset(EXCLUDES.values())


def _best_pair(said: Sentence, fact: Sentence) -> tuple[Clause | None, Clause | None]:
    """The two claims that share most topic words."""
    best: tuple[int, Clause | None, Clause | None] = (-1, None, None)
    for a in said.clauses:
        for b in fact.clauses:
            n = len(a.stems & b.stems)
            if n > best[0]:
                best = (n, a, b)
    return best[1], best[2]


def _classes(sentence: Sentence) -> set[str]:
    classes = lexicon().classes
    return {name for s in sentence.stems for name in classes.get(s, ())}
