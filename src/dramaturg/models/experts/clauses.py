# ruff: noqa: SIM905, E501  # word lists and patterns read best unbroken
"""What a sentence claims about its speaker: clauses with subject, tense, polarity, attitude."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from dramaturg.models.experts.idioms import LEADING_NO, SPLIT, rewrite
from dramaturg.models.experts.lexicon import NUMBERS, lexicon, number
from dramaturg.models.experts.words import FUNCTION_WORDS, normalise, stem

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*", re.UNICODE)

LOVE = frozenset("love adore favorite passionate obsessed best enjoy like addicted fan".split())
_LOVE_FORMS = frozenset(
    """love loves loved loving adore adores favorite favourite favorites passionate obsessed
    addicted enjoy enjoys like likes enjoyed liked fan fond prefer into crave""".split()
)
_HATE_FORMS = frozenset(
    "hate hates hated hating dislike dislikes despise loathe detest dread".split()
)
_NEGATORS = frozenset(
    "not never no none nor neither without zero cannot hardly nobody nothing".split()
)
_HYPOTHETICAL = frozenset(
    """if would wish hope hoping could should might may maybe want wants wanted someday
    wanting dream dreaming plan planning going wonder imagine when whenever considering thinking
    trying til till until hope saving will studying aspire aspiring try almost amateur""".split()
)
_PAST = frozenset(
    """was were used had did went grew ago once former formerly retired previously past
    came got became last yesterday ex drove ate drank saw took made wrote sang met lost won bought left""".split()
)
_EXPERIENCE = frozenset(
    stem(w)
    for w in "see watch try go read play eat hear listen have do visit really before".split()
)
_FILLER = frozenset(
    stem(w)
    for w in """love like enjoy hate dislike favorite really much anymore big fan ever fun lot day
    time year old one too very also still even way well good great person thing always
    usually often sometimes especially definitely personally honestly huge myself part ill
    never have live been all only any most along believ feel kind today lately first prefer hear awesome interesting
    haha lol yea yup sorry sound afraid look guess no not right wonderful amaz super happen adore
    obsess passionat fond addict allow able totally absolutely real truly actually am dread boring overrated gross disgusting terrible""".split()
)
_SMALL_NUMBERS = frozenset({*NUMBERS, *map(str, range(20))})
_POINTING = frozenset("that this those these it one there them him her before either".split())


@dataclass(frozen=True, slots=True)
class Clause:
    """One claim. `stems` holds its topic words; `polarity` is -1 when it is denied."""

    words: tuple[str, ...]
    subject: str  # "i", "my <stem>", "you", "other" or "" where none is said
    stems: frozenset[str]
    polarity: int
    attitude: int  # 1 likes, -1 dislikes, 0 says neither
    never: bool
    past: bool
    hypothetical: bool
    points: bool  # "that", "it": what is meant stands elsewhere
    has: frozenset[str]  # things the speaker says to have ("my dog", "I own a car")
    counts: tuple[tuple[str, int], ...]  # how many of what
    slots: tuple[tuple[str, str], ...] = field(default=())  # ("favorite color", "blue")


@dataclass(frozen=True, slots=True, eq=False)
class Sentence:
    """A parsed text: its claims (questions left out), and what makes it worth a closer look."""

    text: str
    clauses: tuple[Clause, ...]
    stems: frozenset[str]
    keys: frozenset[str]  # stems and "#class" marks; no shared key: nothing to compare
    question: bool
    first_person: bool


@lru_cache(maxsize=2_048)
def parse(text: str) -> Sentence:
    """Read a text; only its first 600 characters are looked at."""
    plain = normalise(text[:600])
    claims: list[Clause] = []
    question = False
    for piece, mark in re.findall(r"([^.?!\n]+)([.?!\n]*)", plain):
        if "?" in mark or _asks(piece):
            question = True
            continue
        piece = LEADING_NO.sub(" ", piece)
        piece = rewrite(piece)
        parts = [part for part in SPLIT.split(piece) if part and part.strip(" ,")]
        subject = ""
        for part in parts:
            clause = _clause(part, subject)
            if clause is not None:
                claims.append(clause)
                subject = clause.subject
    stems = frozenset(s for clause in claims for s in clause.stems)
    classes = lexicon().classes
    keys = stems | {f"#{name}" for s in stems for name in classes.get(s, ())}
    keys |= {f"@{slot}" for clause in claims for slot, _ in clause.slots}
    first = any(clause.subject == "i" or clause.subject.startswith("my ") for clause in claims)
    return Sentence(text, tuple(claims), stems, frozenset(keys), question, first)


def _asks(piece: str) -> bool:
    found = _WORD.findall(piece)
    if not found:
        return False
    if found[0] in {"what", "who", "where", "why", "which"} and len(found) > 2:
        return True
    if found[0] == "how" and len(found) > 1 and found[1] in {"about", "are", "do", "many", "old"}:
        return True
    return len(found) > 1 and (
        found[0] in {"do", "are", "have", "did", "is", "can", "does", "would", "will"}
        and found[1] in {"you", "your", "there", "it", "that", "they", "he", "she"}
    )


def _clause(part: str, inherited: str = "") -> Clause | None:
    found = tuple(_WORD.findall(part))
    if not found:
        return None
    subject, at = _subject(found)
    subject = subject or inherited
    negators = sum(word in _NEGATORS for word in found)
    attitude = 0
    for place, word in enumerate(found):
        if word in _LOVE_FORMS and not (
            word in {"like", "into"} and place and _simile(found, place)
        ):
            attitude = 1
            break
        if word in _HATE_FORMS:
            attitude = -1
            break
    mixed = bool(_LOVE_FORMS & set(found)) and bool(_HATE_FORMS & set(found))
    polarity = -1 if negators % 2 else 1
    if attitude:
        attitude, polarity = attitude * polarity, 1
    if attitude == 0 and _belittled(found):
        attitude = -1
    stems = [stem(w) for w in found if w not in FUNCTION_WORDS or number(w) not in (None, 1)]
    small = _SMALL_NUMBERS
    kept = frozenset(s for s in stems if s not in _FILLER and s not in small and len(s) > 1)
    hypothetical = any(word in _HYPOTHETICAL for word in found)
    return Clause(
        words=found,
        subject=subject,
        stems=kept,
        polarity=polarity,
        attitude=attitude,
        never="never" in found,
        past=any(word in _PAST for word in found) or _past_verb(found, at),
        hypothetical=hypothetical,
        points=mixed or any(word in _POINTING for word in found[max(at, 0) + 1 :]),
        has=_possessions(found, polarity),
        counts=_counts(found),
        slots=tuple(_slots(" ".join(found), found, subject, polarity)),
    )


def _belittled(found: tuple[str, ...]) -> bool:
    """ "Steak is okay", "dogs are overrated": no fault, and yet no love."""
    return any(
        word in {"okay", "ok", "overrated", "boring", "gross", "disgusting", "terrible"}
        and place > 1
        and bool({"is", "are"} & set(found[max(place - 3, 0) : place]))
        for place, word in enumerate(found)
    )


def _simile(found: tuple[str, ...], place: int) -> bool:
    before = found[place - 1]
    return before in {"look", "looks", "feel", "feels", "sounds", "sound", "is", "am", "are", "be",
                      "was", "just", "something", "things", "people", "it", "stuff", "much",
                      "not", "seem", "seems", "would", "acts", "smells", "tastes"} and not (
        before == "not"
        or (before in {"would", "just"})
    )  # fmt: skip


def _subject(found: tuple[str, ...]) -> tuple[str, int]:
    for place, word in enumerate(found[:6]):
        if word in {"i", "we"}:
            return "i", place
        if word in {"my", "our"}:
            for step, noun in enumerate(found[place + 1 : place + 4]):
                following = found[place + 2 + step : place + 3 + step]
                if following and following[0] in {"is", "are", "was", "were", "has", "have", "s"}:
                    return f"my {stem(noun)}", place
            return f"my {stem(found[place + 1])}" if len(found) > place + 1 else "i", place
        if word in {"you", "your", "yours"}:
            return "you", place
        if word in {"he", "she", "they", "it", "that", "this", "there", "people", "who", "his",
                    "her", "their", "everyone", "someone"}:  # fmt: skip
            return "other", place
        if word in {"me", "mine", "myself"}:
            return "i", place
    return "", -1


def _past_verb(found: tuple[str, ...], at: int) -> bool:
    following = [w for w in found[at + 1 : at + 4] if w not in FUNCTION_WORDS]
    if "have" in found[at + 1 : at + 3] or "am" in found[at + 1 : at + 3]:
        return False
    return bool(following) and following[0].endswith("ed") and len(following[0]) > 4


def _possessions(found: tuple[str, ...], polarity: int) -> frozenset[str]:
    things: set[str] = set()
    for place, word in enumerate(found):
        owns = word in {"have", "own", "has", "got", "had"} and polarity == 1
        if word in {"my", "our"} or owns:
            for noun in found[place + 1 : place + 5]:
                if noun in {"is", "are", "was", "who", "that", "to", "with", "in", "been", "for"}:
                    break
                if noun not in FUNCTION_WORDS:
                    things.add(stem(noun))
    return frozenset(things)


def _counts(found: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    pairs: list[tuple[str, int]] = []
    for place, word in enumerate(found[:-1]):
        value = number(word)
        if place > 1 and found[place - 1] in {"than", "least", "over", "almost", "about"}:
            continue
        if (
            value is None
            or word in {"a", "an", "no"}
            or value > 60
            or (word in {"one", "single"} and found[place + 1] == "of")
        ):
            continue
        for noun in found[place + 1 : place + 4]:
            if noun in FUNCTION_WORDS and noun not in {"of", "more", "other", "great", "good"}:
                break
            if noun in {"year", "years", "month", "months", "hours", "times", "time", "day",
                        "days", "weeks", "week", "miles", "feet", "foot", "bit", "more",
                        "other", "another", "lot", "few", "couple"}:  # fmt: skip
                break
            pairs.append((stem(noun), value))
    return tuple(pairs)


_FAVORITE = re.compile(
    r"\bmy (?:all time |absolute )?favorite ([\w ]+?) (?:is|are|would be|has always been) (.+)"
)
_FAVORITE_BACK = re.compile(r"^(.+?) (?:is|are) my (?:all time |absolute )?favorite (\w+)$")
_AGE = re.compile(r"\bi am (?:only |almost |now |about )?(\w+(?: \w+)?)(?: years?(?: old)?)?$")
_NAME = re.compile(r"\bmy name is (\w+)")
_WORKPLACE = re.compile(
    r"\bi (?:\w+ )?(?:work|am employed|am working) (?:at|in|for|by) "
    r"(?!home|night|this|that|it|them|you|him|her|days|the (?:morning|evening|field|same|summer))"
    r"(?:a |an |the |my )?(.+)"
)
_LIVE = re.compile(r"\bi (?:\w+ )?(?:live|living|reside|am living) (?:\w+ )?in (.+)")
_FROM = re.compile(r"\bi (?:am|was|come) (?:\w+ )?(?:from|born (?:and raised )?in|raised in) (.+)")


def _slots(text: str, found: tuple[str, ...], subject: str, polarity: int) -> list[tuple[str, str]]:
    slots: list[tuple[str, str]] = []
    if "favorite" not in text and "favourite" in text:
        text = text.replace("favourite", "favorite")
    if polarity == 1 and "one of my" not in text and (match := _FAVORITE.search(text)):
        slots.append(("favorite " + " ".join(map(stem, match[1].split())), match[2]))
    elif polarity == 1 and "one of my" not in text and (match := _FAVORITE_BACK.search(text)):
        slots.append(("favorite " + stem(match[2]), match[1]))
    if polarity == 1 and (match := _NAME.search(text)):
        slots += [] if match[1].startswith("user") else [("name", match[1])]
    if polarity == 1 and (match := _AGE.search(text)):
        parts = [number(w) for w in match[1].replace("-", " ").split() if w not in {"years", "old"}]
        if parts and all(p is not None for p in parts):
            value = sum(p for p in parts if p is not None)
            if 5 <= value < 100 and ("a" not in match[1].split()):
                slots.append(("age", str(value)))
    classes = lexicon().classes
    for slot, pattern in (("live", _LIVE), ("from", _FROM)):
        if polarity == 1 and (match := pattern.search(text)):
            for word in match[1].split():
                for name in classes.get(stem(word), frozenset()) & {"country", "state", "city"}:
                    slots.append((f"{slot} {name}", stem(word)))
    if polarity == 1 and subject == "i":
        slots += [("job", job) for job in _jobs(found)]
        if match := _WORKPLACE.search(text):
            place = [stem(w) for w in match[1].split() if w not in FUNCTION_WORDS]
            slots += [("workplace", " ".join(place))] if place else []
    return slots


def _jobs(found: tuple[str, ...]) -> list[str]:
    """Jobs said as the speaker's own: "I am a ... nurse", "I work as a nurse"."""
    classes = lexicon().classes
    for place, word in enumerate(found):
        if word in {"am", "as"} and place + 2 < len(found) and found[place + 1] in {"a", "an"}:
            if {"also", "excellent", "avid", "amateur", "good", "great", "humble"} & set(found):
                continue
            if word == "as" and "work" not in found and "working" not in found:
                continue
            end = place + 2
            while end < min(len(found), place + 6) and (
                found[end] not in FUNCTION_WORDS or found[end] == "s"
            ):
                end += 1
            heads = [stem(w) for w in found[place + 2 : end]]
            if heads and "job" in classes.get(heads[-1], ()):
                more = [
                    stem(w)
                    for before, w in zip(found[end:], found[end + 1 :], strict=False)
                    if before in {"a", "an", "and", "as"}
                ]
                return [heads[-1], *(w for w in more if "job" in classes.get(w, ()))]
    return []
