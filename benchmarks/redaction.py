"""How much personal data the redactor finds, and what it takes for some that is none.

    python benchmarks/redaction.py --data DATA [--presidio] [--write] [--show KIND]

Planted: made-up values in sentences, put into turns of Synthetic-Persona-Chat valid. "cued" names
stand where the rules look ("My name is ..."), "bare" ones do not. Precision and recall are over
characters' pieces: a find counts if it overlaps a plant of its kind. The same hand wrote rules
and plants: these are the simple cases. Everyday: every find in untouched turns, as many as there
are; what a find is worth there was read by a person (docs/publish.md).
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.tables import put
from dramaturg.dataset.redaction import Redactor, Span

PAGE = Path(__file__).parents[1] / "docs" / "publish.md"
FIRST = [
    "John",
    "Maria",
    "Wei",
    "Aisha",
    "Xiomara",
    "Bronwyn",
    "Dmitri",
    "Thandiwe",
    "Oluwaseun",
    "Siobhan",
    "Mark",
    "Grace",
]
LAST = [
    "Smith",
    "Okafor",
    "Müller",
    "Rossi",
    "Nguyen",
    "O'Brien",
    "García",
    "Kowalska",
    "Tanaka",
    "Haddad",
]
STREETS = ["Maple", "Oak", "Washington", "Kingsway", "Elmwood", "Lincoln", "Bridge", "Harbor"]
KINDS_OF_STREET = ["Street", "St", "Avenue", "Ave", "Road", "Lane", "Drive", "Boulevard"]

Made = tuple[str, str, str]  # kind of case, kind of data, the value
TEMPLATES: dict[str, list[str]] = {
    "email": ["You can write to {}.", "my address: {}", "Email me ({}) later"],
    "url": ["It is all on {} now.", "See {}, it is fun.", "I read it at {}"],
    "phone": ["Call me at {}.", "My number is {}, text me!", "{} is where you reach us."],
    "card": ["I paid with {} and it failed.", "card number {}"],
    "iban": ["Send it to {} please.", "IBAN: {}"],
    "ip": ["My server is at {}.", "ping {} and see"],
    "handle": ["Follow me, I am {}!", "my instagram is {}"],
    "address": ["I live at {}.", "Come by, it's {}, second floor.", "we moved to {} last year"],
    "name, cued": ["My name is {}.", "Hi {}!", "My wife {} likes it.", "I'm {}, nice to meet you."],
    "name, bare": ["I went there with {} yesterday.", "{} told me so.", "It was a gift from {}."],
}


def cases(rng: random.Random) -> Iterator[Made]:
    """One made-up value of each kind."""

    def digits(n: int) -> str:
        return "".join(str(rng.randrange(10)) for _ in range(n))

    first, last = rng.choice(FIRST), rng.choice(LAST)
    word = rng.choice(["blue", "river", "tiger", "cloud"])
    yield (
        "email",
        "email",
        f"{first}.{word}{digits(2)}@{word}mail.{rng.choice(['com', 'de'])}".lower(),
    )
    site = [
        f"https://{word}.example/{digits(3)}?a=1",
        f"www.{word}-site.org",
        f"{word}house.com/me",
    ]
    yield "url", "url", rng.choice(site)
    yield "phone", "phone", rng.choice([
        f"(415) 555-{digits(4)}", f"212-555-{digits(4)}", f"+44 20 7946 {digits(4)}",
        f"+49 151 {digits(8)}", f"030 {digits(8)}", f"555-{digits(4)}", f"+1 650.555.{digits(4)}",
    ])  # fmt: skip
    begin = rng.choice(["4", "52", "2221", "60"])
    yield "card", "card", _card((begin + digits(14))[:15], rng)
    yield "iban", "iban", _iban(rng.choice(["DE", "FR", "NL"]), digits(18), rng)
    yield "ip", "ip", f"{rng.randrange(1, 224)}.{rng.randrange(256)}.{rng.randrange(256)}.7"
    yield "handle", "handle", rng.choice([f"@{word}_{digits(2)}", f"@{first.lower()}{last[0]}"])
    street = f"{rng.randrange(3, 99)} {rng.choice(STREETS)} {rng.choice(KINDS_OF_STREET)}"
    abroad = [f"{rng.choice(STREETS)}straße {digits(2)}", f"{digits(2)} rue de la {word.title()}"]
    yield "address", "address", rng.choice([street, f"{street}, Apt 4B", *abroad])
    whole = rng.choice([first, f"{first} {last}"])
    yield "name, cued", "name", whole
    yield "name, bare", "name", whole


def planted(turns: list[str], n: int, seed: int) -> Iterator[tuple[str, str, str, int, int]]:
    """Case, kind, text, and where the value stands in it."""
    rng = random.Random(seed)
    for _ in range(n):
        for case, kind, value in cases(rng):
            before, after = rng.choice(TEMPLATES[case]).split("{}")
            lead = rng.choice(turns) + " "
            start = len(lead + before)
            yield case, kind, f"{lead}{before}{value}{after}", start, start + len(value)


def measure(find: Callable[[str], list[Span]], turns: list[str], n: int, seed: int) -> list[str]:
    """A table row for each case: found, and of what was found how much was planted."""
    hit: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    all_of: Counter[str] = Counter()
    found: Counter[str] = Counter()
    right: Counter[str] = Counter()
    quiet = {turn: {(s.kind, turn[s.start : s.end]) for s in find(turn)} for turn in set(turns)}
    clean = [turn for turn in turns if not quiet[turn]]
    for case, kind, text, start, end in planted(clean, n, seed):
        all_of[case] += 1
        spans = find(text)
        own = [s for s in spans if s.kind == kind and s.start < end and s.end > start]
        hit[case] += bool(own)
        whole[case] += any(s.start <= start and s.end >= end for s in own)
        for span in spans:
            found[span.kind] += 1
            right[span.kind] += span in own
    rows = []
    for case in all_of:
        kind = case.partition(",")[0]
        precision = f"{right[kind] / found[kind]:.3f}" if found[kind] else "-"
        rows.append(
            f"| {case} | {all_of[case]:,} | {hit[case] / all_of[case]:.3f} | "
            f"{whole[case] / all_of[case]:.3f} | {precision} |"
        )
    return rows


def everyday(find: Callable[[str], list[Span]], turns: list[str]) -> Counter[str]:
    """Finds by kind in untouched turns."""
    return Counter(span.kind for turn in turns for span in find(turn))


def turns_of(path: Path) -> list[str]:
    """Every turn of a file of dialogues."""
    with gzip.open(path, "rt", encoding="utf-8") as rows:
        return [said for row in rows for _, said in json.loads(row)["turns"]]


def _card(digits: str, rng: random.Random) -> str:
    total = sum(int(d) if n % 2 else (int(d) * 2 - 9 * (int(d) > 4)) for n, d in enumerate(digits))
    whole = digits + str(-total % 10)
    parts = [whole[n : n + 4] for n in range(0, 16, 4)]
    return rng.choice([" ", "-", ""]).join(parts)


def _iban(country: str, digits: str, rng: random.Random) -> str:
    number = int(digits + "".join(str(int(c, 36)) for c in country) + "00")
    whole = f"{country}{98 - number % 97:02d}{digits}"
    parts = [whole[n : n + 4] for n in range(0, len(whole), 4)]
    return " ".join(parts) if rng.random() < 0.5 else whole


def main() -> None:
    """Print the figures; write them into the page if asked to."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--data", type=Path, required=True)
    ask.add_argument("-n", type=int, default=300, help="Plants of each kind.")
    ask.add_argument("--seed", type=int, default=29)
    ask.add_argument("--presidio", action="store_true")
    ask.add_argument("--show", help="Print finds of this kind in everyday text.")
    ask.add_argument("--write", action="store_true")
    options = ask.parse_args()
    more = None
    if options.presidio:
        from dramaturg.dataset.redaction.presidio import PresidioFinder

        more = PresidioFinder()
    find = Redactor(more=more).spans
    chats = {
        "Persona-Chat valid and train-sample, small letters": [
            turn for name in ("valid", "train-sample")
            for turn in turns_of(options.data / "personachat" / f"{name}.jsonl.gz")
        ],
        "Synthetic-Persona-Chat valid": turns_of(
            options.data / "synthetic-persona-chat" / "valid.jsonl.gz"
        ),
    }  # fmt: skip
    lines = ["| planted | n | found | found whole | precision of the kind |",
             "| --- | --- | --- | --- | --- |"]  # fmt: skip
    base = chats["Synthetic-Persona-Chat valid"]
    lines += measure(find, base, options.n, options.seed)
    lines += ["", "| everyday text | turns | finds, by kind |", "| --- | --- | --- |"]
    for name, turns in chats.items():
        told = ", ".join(f"{kind} {n:,}" for kind, n in everyday(find, turns).most_common())
        lines.append(f"| {name} | {len(turns):,} | {told or 'none'} |")
    print("\n".join(lines))
    if options.show:
        rng = random.Random(options.seed)
        for name, turns in chats.items():
            hits = [(turn[s.start : s.end], turn) for turn in turns for s in find(turn)
                    if s.kind == options.show]  # fmt: skip
            print(f"\n{name}: {len(hits)}")
            for piece, turn in rng.sample(hits, min(60, len(hits))):
                print(f"  {piece!r}: {turn}")
    if options.write and not options.presidio:
        put(PAGE, "redaction", "\n".join(lines))


if __name__ == "__main__":
    main()
