"""Make the corpora look alike: truecase, detokenise, fill the names that were left open."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable

NAMES = (
    "Alex", "Sam", "Maria", "John", "Emily", "David", "Sarah", "Mike", "Anna", "James", "Laura",
    "Tom", "Kate", "Ben", "Lisa", "Mark", "Julia", "Chris", "Rachel", "Kevin", "Megan", "Daniel",
    "Amy", "Brian", "Nina", "Carlos", "Grace", "Omar", "Priya", "Leo", "Hannah", "Paul", "Zoe",
)  # fmt: skip

_APART = [
    (re.compile(r"\b[iI] (m|ve|ll|d)\b"), r"I'\1"),
    (re.compile(r"\b([dD]on|[dD]oesn|[dD]idn|[cC]an|[wW]on|[iI]sn|[aA]ren|[wW]asn|[cC]ouldn|"
                r"[wW]ouldn|[hH]aven|[hH]asn) t\b"), r"\1't"),
    (re.compile(r"\b([iI]t|[tT]hat|[hH]e|[sS]he|[wW]hat|[tT]here) s\b"), r"\1's"),
    (re.compile(r"\b([yY]ou|[wW]e|[tT]hey) (re|ve)\b"), r"\1'\2"),
]  # fmt: skip
_OWNER = re.compile(r"[\[(]\s*(?:user\s*([12])(?:'s)?\s*)?(?:'s)?\s*(?:first )?name\s*[\])]", re.I)
_OWN = re.compile(r"[\[(]\s*(?:your|my|insert)\s*name(?: here)?\s*[\])]", re.I)
_OPEN = re.compile(r"[\[{]|\([^)]*\bname\b[^)]*\)", re.I)


def plain(text: str) -> str:
    """Straight quotes, single spaces."""
    text = text.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    return " ".join(text.split())


class Truecaser:
    """Puts capitals into lower-case text, with the proper names seen in cased text."""

    def __init__(self, cased: Iterable[str]) -> None:
        seen: dict[str, Counter[str]] = {}
        for text in cased:
            for word in re.findall(r"(?<=[a-z,] )[A-Za-z][A-Za-z']*", text):
                seen.setdefault(word.lower(), Counter())[word] += 1
        self.forms = {}
        for word, forms in seen.items():
            form, count = forms.most_common(1)[0]
            if form != word and count >= 4 and count > 0.75 * forms.total():
                self.forms[word] = form

    def __call__(self, text: str) -> str:
        """Detokenised and cased text ("i've a dog ." gives "I've a dog.")."""
        text = re.sub(r"\s+([?.!,;:)])", r"\1", plain(text))
        text = re.sub(r"(?:\. ?){2,}", "... ", text).strip()
        text = re.sub(r"([?!])(?: ?[?!])+", r"\1", text)
        text = re.sub(r"\bi\b", "I", text)
        text = re.sub(
            r"[A-Za-z][A-Za-z']*", lambda m: self.forms.get(m.group().lower(), m.group()), text
        )
        return re.sub(r"(^|[.?!] )([a-z])", lambda m: m.group(1) + m.group(2).upper(), text)


def tidy_fact(fact: str, truecase: Truecaser) -> str:
    """A fact as a sentence: contractions repaired, a capital at the front, a stop at the end."""
    fact = plain(fact)
    lower = fact.islower() or bool(re.match(r"i\b", fact))
    for pattern, repair in _APART:
        fact = pattern.sub(repair, fact)
    if lower:
        fact = truecase(fact)
    fact = re.sub(r"\bi\b", "I", fact)
    fact = fact[:1].upper() + fact[1:]
    return fact if fact[-1:] in ".!?" else fact + "."


def fill_names(turns: list[tuple[int, str]], rng: random.Random) -> list[tuple[int, str]] | None:
    """The turns with open names filled in; None when another placeholder is left."""
    if not any(_OPEN.search(text) for _, text in turns):
        return turns
    names = rng.sample(NAMES, 2)
    out = []
    for who, text in turns:
        text = _OWN.sub(names[who], text)
        text = _OWNER.sub(lambda m: names[int(m.group(1)) - 1 if m.group(1) else who], text)  # noqa: B023
        if _OPEN.search(text):
            return None
        out.append((who, text))
    return out


def merge_speakers(turns: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Join turns of one speaker that follow each other."""
    out: list[tuple[int, str]] = []
    for who, text in turns:
        if not text:
            continue
        if out and out[-1][0] == who:
            out[-1] = (who, out[-1][1] + " " + text)
        else:
            out.append((who, text))
    return out
