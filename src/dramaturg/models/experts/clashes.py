# ruff: noqa: SIM905, E501  # word lists read best as words, unbroken
"""Where two claims of one speaker cannot both hold: named clashes, each with its reason."""

from dataclasses import dataclass
from difflib import SequenceMatcher

from dramaturg.models.experts.clauses import Clause, Sentence
from dramaturg.models.experts.lexicon import lexicon, number
from dramaturg.models.experts.trades import ARTS, TRADES
from dramaturg.models.experts.traits import contradicted, traits
from dramaturg.models.experts.words import stem

KINDS = (
    "negation",  # the same claim denied
    "attitude",  # liked here, disliked or made light of there
    "never",  # never done what the other claim says is done or loved
    "act",  # done here, disliked there
    "count",  # another number of the same thing
    "value",  # another age, name, place, favourite
    "job",  # another job
    "art job",  # another job, one of the two done for love as often as for money
    "workplace",  # works at another place
    "colour",  # another colour of the same thing
    "opposite",  # an opposite description
    "trait",  # what follows from one claim denies the other (vegan, steak)
    "swap",  # equal but for one word of an exclusive class
    "soft swap",  # equal but for one word of an open class
)
SOFT = frozenset({"soft swap", "act", "workplace"})  # these alone never make a contradiction
_NOW = frozenset("today tonight yet right moment enough always often too currently".split())
_SOUR = frozenset(
    """afraid scared tired sick bad terrible gross hard difficult nervous hate hates mad awful
    fear allergic without disgusting stressful""".split()
)
_DEGREES = (
    frozenset("good great best skilled expert talented well".split()),
    frozenset("lot lots many much big large all every everyone".split()),
)
_GENERIC = frozenset(stem(w) for w in "eat drink watch listen have go do taste".split())
_DOING = frozenset(
    stem(w)
    for w in "do been ever see watch try go read play eat hear listen taste visit own".split()
)
_SPLIT_FAMILY = frozenset(stem(w) for w in "brother sister son daughter boy girl".split())


@dataclass(frozen=True, slots=True)
class Clash:
    """One reason why two texts cannot both hold."""

    kind: str
    why: str


def clashes(premise: Sentence, hypothesis: Sentence) -> list[Clash]:
    """Every clash between the claims of two texts, in order of the claims.

    Questions, claims about the listener and claims about others than the hypothesis is about
    never clash.
    """
    found: list[Clash] = []
    for said in premise.clauses:
        if said.subject == "you":
            continue
        for held in hypothesis.clauses:
            if held.subject != "you":
                found += _clause_clashes(said, held)
    for trait, denial in contradicted(traits(premise), traits(hypothesis)):
        found.append(Clash("trait", f"{trait!r} against {denial!r}"))
    return found


def _clause_clashes(a: Clause, b: Clause) -> list[Clash]:
    found: list[Clash] = []
    same = _same_subject(a, b)
    if same:
        found += _denials(a, b) + _denials(b, a)
        found += _values(a, b)
    if _own(a) and _own(b):
        found += _counts(a, b) + _colours(a, b)
    found += _swaps(a, b, same)
    if a.words != b.words and len(a.words) == len(b.words) > 3:
        apart = [(v, w) for v, w in zip(a.words, b.words, strict=True) if v != w]
        numbers = [(number(v), number(w)) for v, w in apart if not {v, w} & {"a", "an", "the"}]
        numbers = numbers if len(numbers) == len(apart) else [(None, None)]
        if all(v is not None and w is not None and v != w for v, w in numbers):
            found.append(Clash("count", f"{apart[0][0]!r} against {apart[0][1]!r}"))
    return found


def _same_subject(a: Clause, b: Clause) -> bool:
    left, right = a.subject or "i", b.subject or "i"
    if left == right:
        return True
    # "my favorite sport is golf" against "i hate golf"
    return {left, right} - {side for side, c in ((left, a), (right, b)) if _favours(c)} <= {"i"}


def _own(clause: Clause) -> bool:
    return clause.subject in {"i", ""} or clause.subject.startswith("my ")


def _favours(clause: Clause) -> bool:
    return bool({"favorite", "favourite"} & set(clause.words)) and clause.subject.startswith("my ")


def _bare_verb(no: Clause, yes: Clause) -> bool:
    """ "I don't work" meets "I have a good work ethic": the verb is not what the speaker does."""
    if len(no.stems) != 1 or no.attitude or no.never or stem(no.words[-1]) not in no.stems:
        return False
    said = [stem(word) for word in yes.words]
    if "not" not in no.words or no.words.index("not") != len(no.words) - 2:
        return False
    if "am" in no.words:
        return False
    return not any(no.stems & set(said[i + 1 : i + 4]) for i, w in enumerate(said) if w == "i")


def _denials(no: Clause, yes: Clause) -> list[Clash]:
    """`no` denies or dislikes something general that `yes` says of something at least as special."""
    stems = (no.stems - _GENERIC or no.stems) if no.attitude else no.stems
    covered = stems <= (yes.stems | yes.has) and no.hypothetical == yes.hypothetical
    if not no.stems or not (_never_covers(no, yes) if no.never else covered):
        return []
    if "other" in (no.subject, yes.subject) or _bare_verb(no, yes):
        return []
    if no.subject.startswith("my ") and not no.stems - {no.subject[3:]} and not no.attitude:
        return []
    owned = bool({"have", "own"} & set(no.words)) and "my" in yes.words and no.stems <= yes.has
    if no.past != yes.past and not no.never and not (owned and not no.past):
        return []
    if _NOW & (set(no.words) - set(yes.words)) or no.points or yes.polarity == -1:
        return []
    if _SOUR & set(yes.words) and yes.attitude != 1:
        return []
    if (
        no.polarity == -1
        and "am" in no.words
        and len(no.stems) == 1
        and not {"am", "is", "are"} & set(yes.words)
    ):
        return []
    for degree in _DEGREES:  # "not good at it" leaves "I enjoy it" open
        if degree & set(no.words) - set(yes.words):
            return []
    topic = " ".join(sorted(no.stems))
    if no.polarity == -1:
        if no.never:
            if {"out", "outside", "left"} & set(no.words):  # "never been out of Ohio"
                return []
            if yes.past or yes.attitude == 1 or not no.past:
                return [Clash("never", f"never {topic!r}, against {' '.join(yes.words)!r}")]
            return []
        owns = {"have", "own", "got"} & set(no.words)
        if owns and "been" not in no.words and not no.stems & yes.has:
            return []
        if yes.attitude == -1:
            return []
        return [Clash("negation", f"{topic!r} is denied: {' '.join(no.words)!r}")]
    if no.attitude == -1:
        if yes.attitude == 1:
            return [Clash("attitude", f"{topic!r} is disliked: {' '.join(no.words)!r}")]
        if yes.attitude == 0 and not no.has and not {"have", "own"} & set(yes.words):
            return [Clash("act", f"{topic!r} is disliked: {' '.join(no.words)!r}")]
    return []


def _never_covers(no: Clause, yes: Clause) -> bool:
    rest = no.stems - _DOING
    if "wanted" in no.words and yes.attitude == 1:  # "never wanted to" against "love to"
        return len(no.stems) > 1 and no.stems - {"want"} <= yes.stems | {"want"}
    return bool(rest) and rest <= yes.stems and yes.hypothetical == no.hypothetical


def _counts(a: Clause, b: Clause) -> list[Clash]:
    found = []
    right = dict(b.counts)
    for noun, n in a.counts:
        if any(
            c.subject.startswith("my ")
            and c.words[0] in {"my", "our"}
            and noun not in {stem(w) for w in c.words[1:4]}
            for c in (a, b)
        ):  # "my class has 26 kids"
            continue
        other = right.get(noun)
        if other is None or other == n or noun not in a.has or noun not in b.has:
            continue
        if noun in _SPLIT_FAMILY and "and" in (*a.words, *b.words):  # "5 brothers and sisters"
            continue
        if a.polarity == b.polarity == 1:
            found.append(Clash("count", f"{n} {noun} against {other}"))
    return found


def _values(a: Clause, b: Clause) -> list[Clash]:
    if a.past != b.past or a.hypothetical or b.hypothetical:
        return []
    found = []
    right: dict[str, set[str]] = {}
    for slot, value in b.slots:
        right.setdefault(slot, set()).add(value)
    left = {slot: {v for s, v in a.slots if s == slot} for slot, _ in a.slots}
    for slot, values in left.items():
        others = right.get(slot)
        if not others:
            continue
        apart = not values & others
        if slot.startswith("favorite"):
            apart = all(_other_favourite(slot, v, w) for v in values for w in others)
        elif slot == "job":
            apart = apart and not any(
                values <= trade and others <= trade for trade in (ARTS, *TRADES)
            )
        elif slot == "workplace":
            apart = not {w for v in values for w in v.split()} & {
                w for v in others for w in v.split()
            }
        if apart:
            kind = slot if slot in {"job", "workplace"} else "value"
            if kind == "job" and (values | others) & ARTS:
                kind = "art job"
            one, other = " ".join(sorted(values)), " ".join(sorted(others))
            found.append(Clash(kind, f"{slot}: {one!r} against {other!r}"))
    return found


def _other_favourite(slot: str, one: str, other: str) -> bool:
    mine = {stem(w) for w in one.split()} - _WEAK
    theirs = {stem(w) for w in other.split()} - _WEAK
    vague = {"have", "on", "that", "it", "thi", "thing", "part", "way", "ani"}
    vague |= {stem(w) for w in slot.split()}
    if not mine or not theirs or mine & theirs or (mine | theirs) & vague:
        return False
    return SequenceMatcher(None, one.replace(" ", ""), other.replace(" ", "")).ratio() < 0.7


_WEAK = frozenset(stem(w) for w in "probably definitely a the an by far i my also too of".split())


def _colours(a: Clause, b: Clause) -> list[Clash]:
    left, right = _colour_of(a), _colour_of(b)
    return [
        Clash("colour", f"{thing}: {' '.join(sorted(left[thing]))!r} against "
              f"{' '.join(sorted(right[thing]))!r}")
        for thing in sorted(left.keys() & right.keys())
        if all(c.subject in {"i", "", f"my {thing}"} for c in (a, b))
        and not left[thing] & right[thing] and a.polarity == b.polarity == 1 and a.past == b.past
    ]  # fmt: skip


def _colour_of(clause: Clause) -> dict[str, set[str]]:
    classes = lexicon().classes
    found: dict[str, set[str]] = {}
    colours: set[str] = set()
    for word in clause.words:
        if "colour" in classes.get(stem(word), ()):
            colours.add(stem(word))
        elif colours and stem(word) in clause.has:
            found.setdefault(stem(word), set()).update(colours)
            colours = set()
    if colours and clause.subject.startswith("my ") and "favorite" not in clause.words:
        found.setdefault(clause.subject[3:], set()).update(colours)
    return found


def _describes(clause: Clause, word: str) -> bool:
    """Whether "am", "is" or "are" stands before the word with nothing but adverbs between."""
    for place, found in enumerate(clause.words):
        if stem(found) == word:
            before = clause.words[max(place - 4, 0) : place]
            be = [i for i, w in enumerate(before) if w in {"am", "is", "are", "was"}]
            if be and not {"to", "of", "with", "by", "in", "for"} & set(before[be[-1] :]):
                return True
    return False


def _swaps(a: Clause, b: Clause, same: bool) -> list[Clash]:
    """The claims are equal but for one word, and the two words exclude each other."""
    only_a, only_b, both = a.stems - b.stems, b.stems - a.stems, a.stems & b.stems
    words = lexicon()
    found: list[Clash] = []
    if len(only_a) > 2 or len(only_b) > 2 or a.hypothetical != b.hypothetical:
        return found
    subject_ok = same or (a.subject == b.subject)
    for one in sorted(only_a):
        for other in sorted(only_b):
            why = f"{one!r} against {other!r}"
            if other in words.opposites.get(one, ()) and a.polarity == b.polarity:
                described = _describes(a, one) and _describes(b, other)
                if subject_ok and a.past == b.past and described:
                    found.append(Clash("opposite", why))
                continue
            shared = words.classes.get(one, frozenset()) & words.classes.get(other, frozenset())
            if "job" in shared and any("favorite" in c.words for c in (a, b)):
                continue
            if not shared or a.polarity != b.polarity or len(only_a) + len(only_b) > 2:
                continue
            relative = a.subject == b.subject and both == {a.subject[3:]} and len(both) == 1
            relative = relative and _describes(a, one) and _describes(b, other)
            if shared & words.exclusive and (len(both) >= 2 or relative) and a.past == b.past:
                found.append(Clash("swap", why))
            elif both:
                found.append(Clash("soft swap", why))
    return found
