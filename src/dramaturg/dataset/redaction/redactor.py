"""Replace personal data so that the same person or number has the same stand-in everywhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from dramaturg.dataset.redaction.names import find_names, listed
from dramaturg.dataset.redaction.patterns import Span, find_patterns
from dramaturg.errors import UserError

# In this order where two pieces overlap: the first kind wins.
KINDS = ("email", "url", "iban", "card", "ssn", "ip", "address", "phone", "handle", "name")
Finder = Callable[[str], Iterable[Span]]


class Redactor:
    """Finds and replaces; one object for one dataset.

    A stand-in is numbered by first appearance: it says nothing about what it stands for. A name
    is the same name if it is written the same, or if it is the only first or last name of a
    longer one in the same conversation ("Ann" and "Ann Lee"). Two people of one name cannot be
    told apart.

    Args:
        kinds: Which kinds to replace, of KINDS.
        surrogates: Invented values that read well ("Alba", "person1@example.org") in place of
            "[NAME_1]"; nobody has them: example domains, numbers kept for fiction.
        more: A further finder, e.g. `presidio_finder()`.

    Attributes:
        counts: Pieces replaced, by kind.
        examples: The first 50 pieces with their words around, for a person to look at; never
            written to a file.
    """

    def __init__(
        self,
        kinds: Sequence[str] = KINDS,
        surrogates: bool = False,
        more: Finder | None = None,
    ) -> None:
        unknown = sorted(set(kinds) - set(KINDS))
        if unknown:
            raise UserError(
                f"there is no kind {unknown[0]!r} of personal data",
                fix=f"kinds: {', '.join(KINDS)}",
            )
        self.counts: Counter[str] = Counter()
        self.examples: list[str] = []
        self._kinds = tuple(kind for kind in KINDS if kind in kinds)
        self._surrogates = surrogates
        self._more = more
        self._given: dict[tuple[str, str], str] = {}
        self._numbers: Counter[str] = Counter()

    @property
    def different(self) -> dict[str, int]:
        """How many different values were replaced, by kind."""
        return dict(self._numbers)

    def spans(self, text: str) -> list[Span]:
        """The pieces to replace, in order, without overlap."""
        found = [span for span in find_patterns(text) if span.kind in self._kinds]
        if "name" in self._kinds:
            found += find_names(text)
        if self._more is not None:
            found += [span for span in self._more(text) if span.kind in self._kinds]
        return _without_overlap(found)

    def together(self, texts: Sequence[str]) -> list[tuple[str, list[tuple[Span, str]]]]:
        """Texts of one conversation, redacted as one: a name found in one counts in all.

        Returns:
            For each text: the new text, and each replaced piece with what it was replaced by.
        """
        each = [self.spans(text) for text in texts]
        names = {
            text[s.start : s.end]
            for text, spans in zip(texts, each, strict=True)
            for s in spans
            if s.kind == "name"
        }
        full = _full_names(names)
        again = _finder_of(full) if "name" in self._kinds else None
        made = []
        for text, spans in zip(texts, each, strict=True):
            if again is not None:
                more = (Span(*hit.span(), "name") for hit in again.finditer(text))
                spans = _without_overlap([*spans, *more])
            made.append(self._replaced(text, spans, full))
        return made

    def _replaced(
        self, text: str, spans: Sequence[Span], full: dict[str, str]
    ) -> tuple[str, list[tuple[Span, str]]]:
        parts, at, done = [], 0, []
        for span in spans:
            piece = text[span.start : span.end]
            stand_in = self._stand_in(span.kind, piece, full)
            parts += [text[at : span.start], stand_in]
            at = span.end
            done.append((span, stand_in))
            self.counts[span.kind] += 1
            if len(self.examples) < 50:
                around = text[max(0, span.start - 30) : span.end + 30]
                self.examples.append(f"{span.kind}: {piece!r} in {' '.join(around.split())!r}")
        return "".join([*parts, text[at:]]), done

    def _stand_in(self, kind: str, piece: str, full: dict[str, str]) -> str:
        if kind == "name":
            low = piece.casefold()
            key = full.get(low, low)
        elif kind in ("phone", "card", "iban", "ssn"):
            key = re.sub(r"[^\w+]", "", piece).casefold()
        else:
            key = " ".join(piece.casefold().split())
        known = self._given.get((kind, key))
        if known is None:
            self._numbers[kind] += 1
            known = self._new(kind, self._numbers[kind])
            self._given[kind, key] = known
        return known

    def _new(self, kind: str, n: int) -> str:
        if not self._surrogates:
            return f"[{kind.upper()}_{n}]"
        if kind == "name":
            invented = sorted(listed("surrogates"))
            turn, place = divmod(n - 1, len(invented))
            return invented[place] + (f" {_roman(turn + 1)}" if turn else "")
        return {
            "email": f"person{n}@example.org",
            "url": f"https://example.org/{n}",
            "phone": f"({200 + n // 100 % 800}) 555-01{n % 100:02d}",
            "address": f"{n} Example Street",
            "handle": f"@person_{n}",
            "ip": f"192.0.2.{n % 256}",
        }.get(kind, f"[{kind.upper()}_{n}]")


def _without_overlap(spans: Iterable[Span]) -> list[Span]:
    rank = {kind: n for n, kind in enumerate(KINDS)}
    kept: list[Span] = []
    for span in sorted(set(spans), key=lambda s: (rank[s.kind], s.start - s.end, s.start)):
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return sorted(kept)


def _full_names(names: Iterable[str]) -> dict[str, str]:
    """Each name, and each of its parts that belongs to one name only -> the name, all folded."""
    folded = sorted({" ".join(name.casefold().split()) for name in names}, key=len, reverse=True)
    full: dict[str, str] = {}
    owners: dict[str, set[str]] = {}
    for name in folded:
        parts = name.split()
        if len(parts) > 1:
            for part in (parts[0], parts[-1]):
                owners.setdefault(part, set()).add(name)
        full[name] = name
    for part, whole in owners.items():
        if len(whole) == 1:
            full[part] = next(iter(whole))
    return full


def _finder_of(full: dict[str, str]) -> re.Pattern[str] | None:
    """Finds the names again, with a capital at the beginning of each word.

    A name that is also a word counts again only inside a sentence, and not as a month is used.
    """
    words = []
    for name in sorted(full, key=len, reverse=True):
        if len(name) < 3:
            continue
        capital = r"\s+".join(re.escape(part[:1].upper() + part[1:]) for part in name.split())
        if name in listed("cued_names"):
            capital = rf"(?<=[a-z,]\s)(?<!\b(?:in|by|of)\s)(?<!(?:last|next|this)\s){capital}"
        words.append(capital)
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)") if words else None


def _roman(n: int) -> str:
    return "I" * n if n < 4 else f"no. {n}"


def moved(position: int, replaced: Sequence[tuple[Span, str]], end: bool = False) -> int:
    """Where a position of the old text lies in the new one; inside a piece: at its edge."""
    shift = 0
    for span, stand_in in replaced:
        if position <= span.start:
            break
        if position < span.end:
            return span.start + shift + (len(stand_in) if end else 0)
        shift += len(stand_in) - (span.end - span.start)
    return position + shift


def all_text(value: object) -> Iterator[str]:
    """Every text inside JSON values, in order, keys aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from all_text(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from all_text(item)
