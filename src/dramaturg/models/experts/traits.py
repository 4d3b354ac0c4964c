# ruff: noqa: E501  # a pattern of many alternatives reads best unbroken
"""What follows from a claim about its speaker: "I have a steak every night" means no vegan."""

import re
from functools import lru_cache

from dramaturg.models.experts.clauses import Clause, Sentence
from dramaturg.models.experts.lexicon import members

EXCLUDES = {  # a trait, and the trait that denies it
    "has a spouse": "is single",
    "has a partner": "is single",
    "has children": "has no children",
    "has siblings": "has no siblings",
    "has pets": "has no pets",
    "lives with others": "lives alone",
    "eats meat": "eats no meat",
    "eats animals' food": "is vegan",
    "drinks": "does not drink",
    "drives": "has no car",
    "works": "has no job",
    "night owl": "early riser",
    "city": "countryside",
}
_SAYS = (  # trait, pattern over one clause; <name> stands for the words of a class
    ("has a spouse", r"\b(?:my|our) (?:\w+ )?<spouse>\b|\bi (?:am|have been) (?:\w+ )?married\b"
     r"|\bi have a (?:\w+ )?<spouse>\b"),
    ("has a partner", r"\b(?:my|have a) (?:\w+ )?<partner>\b|\bi am engaged\b"),
    ("has children", r"\bmy (?:\w+ ){0,2}<child>\b|\bi (?:\w+ )?have (?:a|an|one|two|three|four|five"
     r"|six|\d+) (?:\w+ )?<child>\b|\bi am (?:a|the) (?:\w+ ){0,2}(?:mom|mother|dad|father) (?:of|to)\b"
     r"|\bi am a (?:single |stay at home |proud |new )*(?:mom|mother|dad|father|parent)\b"),
    ("has siblings", r"\bmy (?:\w+ ){0,2}<sibling>\b|\bi (?:\w+ )?have (?:a|an|one|two|three|four|five"
     r"|six|\d+) (?:\w+ )?<sibling>\b"),
    ("has pets", r"\b(?:my|i (?:\w+ )?(?:have|own) (?:a|an|one|two|three|four|five|\d+)) (?:\w+ )?"
     r"(?:<pet>|pets)\b"),
    ("lives with others", r"\bi (?:\w+ )?live (?:at home )?with (?:my|our|a|two|three|some)\b(?! dog| cat)"),
    ("eats meat", r"\bi (?!am)(?:\w+ ){0,4}(?:eat|love|like|enjoy|eating|crave|ate|grill) "
     r"(?:\w+ ){0,2}(?:<sure_meat>)\b|\bfavorite (?:food|meal|dish|dinner) is (?:\w+ ){0,2}<meat>\b"
     r"|\b(?:eat|eating|ate) (?:\w+ ){0,2}<meat>\b|\b<sure_meat> (?:is|are) my favorite\b"),
    ("eats animals' food", r"\b(?:eat|eating|ate|love|like) (?:\w+ ){0,2}(?:<seafood>|<dairy>)\b"
     r"|\bfavorite (?:food|meal|dish|snack) is (?:\w+ ){0,2}(?:<seafood>|<dairy>|<meat>)\b"),
    ("drinks", r"\bi (?!am)(?:\w+ ){0,4}(?:drink|love|like|enjoy|drinking|sip|sipping) (?:\w+ ){0,2}<alcohol>\b"
     r"|\bfavorite (?:drink|beverage) is (?:\w+ ){0,2}<alcohol>\b|\bi drink (?:a lot|too much|heavily)\b"),
    ("drives", r"\bi (?:\w+ )?(?:drive|own|have) (?:my|a|an) (?:\w+ ){0,2}<vehicle>\b|\bmy <vehicle>\b"),
    ("works", r"\bi (?:\w+ )?work (?:at|as|for|in a|in the|full time|part time|nights)\b"
     r"|\bi am a (?:\w+ ){0,2}<job>$"),
    ("night owl", r"\bi am a night owl\b|\bi (?:love|like|enjoy) (?:staying|to stay) up late\b"),
    ("city", r"\bi (?:\w+ )?live in (?:a|the) (?:big |large |huge )?city\b|\bi live downtown\b"),
)  # fmt: skip
_DENIES = (
    ("is single", r"\bi am (?:\w+ )?(?:a )?(?:single|divorced|unmarried|bachelor|widow|widower)\b"
     r"|\bi (?:am|have|was|have been) (?:not|never|never been) (?:\w+ )?married\b"
     r"|\bi (?:do not|never) (?:\w+ )?have a (?:<spouse>|<partner>)\b"),
    ("has no children", r"\bi (?:do not|never) (?:\w+ )?(?:have|had) (?:any |a )?(?:kids|children|child)\b"
     r"|\b(?:have|got) no (?:kids|children)\b|\bi am childless\b|\bno (?:kids|children) for me\b"),
    ("has no siblings", r"\bi am (?:an|the|my parents) (?:\w+ )?only child\b|\bi (?:do not|never) "
     r"(?:have|had) (?:any )?(?:siblings|brothers or sisters)\b|\bhave no siblings\b"),
    ("has no pets", r"\bi (?:do not|can not) (?:\w+ )?(?:have|own|keep) (?:any )?(?:pets|animals|a pet)\b"
     r"|\b(?:have|had) no (?:pets|animals)\b|\bnever (?:owned|had) (?:a pet|pets|any pets)\b|\bno pets for me\b"),
    ("lives alone", r"\bi (?:\w+ )?live (?:\w+ )?(?:alone|by myself|on my own)\b"),
    ("eats no meat", r"\bi am (?:\w+ ){0,2}(?:vegetarian|vegan)\b|\bi (?:do not|never|can not) "
     r"(?:\w+ )?eat (?:any |red )?(?:meat|animals)\b|\bi (?:hate|dislike) (?:eating )?meat\b"),
    ("is vegan", r"\bi am (?:\w+ ){0,2}vegan\b"),
    ("does not drink", r"\bi (?:do not|never|can not) (?:\w+ )?(?:drink|touch)(?: alcohol| liquor| at all| much| anymore)?$"
     r"|\bi am (?:\w+ )?sober\b|\bi (?:hate|dislike) alcohol\b"),
    ("has no car", r"\bi (?:do not|can not|never) (?:\w+ )?(?:drive|own a car|have a car|have a license)$"
     r"|\bi have no car\b"),
    ("has no job", r"\bi am (?:\w+ )?(?:unemployed|jobless|retired|out of work|between jobs)\b"
     r"|\bi (?:do not|can not) (?:\w+ )?(?:have a job|work)$"),
    ("early riser", r"\bi am an? (?:early riser|early bird|morning person)\b|\bi (?:\w+ )?go to bed early\b"),
    ("countryside", r"\bi (?:\w+ )?live (?:on a farm|in the country|in the countryside|in the woods"
     r"|in a (?:small|tiny) (?:town|village))$"),
)  # fmt: skip
_NOT_OWN = re.compile(
    r"\b(?:abstain\w*|avoid\w*|ex|late|future|your|broke up|dumped|left me|died|dead|deceased|passed|vegan|veggie|tofu|root beer)\b"
)


@lru_cache(maxsize=2_048)
def topics(sentence: Sentence) -> frozenset[str]:
    """One mark for each trait or denial that the sentence implies: "~lives alone"."""
    found = traits(sentence)
    return frozenset(f"~{d}" for t, d in EXCLUDES.items() if t in found or d in found)


def contradicted(mine: frozenset[str], theirs: frozenset[str]) -> list[tuple[str, str]]:
    """Pairs `(trait, denial)` of which each side holds one."""
    return [
        (trait, denial)
        for trait, denial in EXCLUDES.items()
        if (trait in mine and denial in theirs) or (denial in mine and trait in theirs)
    ]


@lru_cache(maxsize=2_048)
def traits(sentence: Sentence) -> frozenset[str]:
    """The traits that the speaker's own present claims imply; plans and memories imply none."""
    says, denies = _compiled()
    found: set[str] = set()
    for clause in sentence.clauses:
        if clause.hypothetical or clause.past or clause.subject in {"you", "other"}:
            continue
        text = " ".join(clause.words)
        found.update(trait for trait, pattern in denies if pattern.search(text))
        if _affirms(clause) and not _NOT_OWN.search(text):
            found.update(trait for trait, pattern in says if pattern.search(text))
    if "is single" in found:  # "my husband and I divorced"
        found -= {"has a spouse", "has a partner"}
    return frozenset(found)


def _affirms(clause: Clause) -> bool:
    return clause.polarity == 1 and clause.attitude >= 0


@lru_cache(maxsize=1)
def _compiled() -> tuple[list[tuple[str, re.Pattern[str]]], list[tuple[str, re.Pattern[str]]]]:
    def fill(match: re.Match[str]) -> str:
        return "(?:" + "|".join(members(match[1])) + ")s?"

    both = [
        [(trait, re.compile(re.sub(r"<(\w+)>", fill, pattern))) for trait, pattern in table]
        for table in (_SAYS, _DENIES)
    ]
    return both[0], both[1]
