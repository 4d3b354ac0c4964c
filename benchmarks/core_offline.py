"""What the core system's paper claims and this machine can check without a language model.

`python benchmarks/core_offline.py [--data DIR] [--only NAME ...] [--write]`: claim, paper, ours,
n and split, one line each. DIR holds the corpora (see docs/core-offline.md); --write renews the
table there. Every number is of the whole of what "split" names unless it says "sample".
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # more threads than cores are far slower

import argparse
import asyncio
import csv
import gzip
import itertools
import json
import random
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.tables import put
from dramaturg import pairing, persona, profile
from dramaturg.errors import DramaturgError, ReplyError
from dramaturg.models import ChatModel, ask
from dramaturg.persona.replies import normalised
from dramaturg.records import Fact, Persona

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "core-offline.md"
_TOKEN = re.compile(r"\w+(?:'\w+)?|[^\w\s]")


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    claim: str
    paper: str
    ours: str
    n: int
    split: str


class Data:
    """The corpora, read when asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rows(self, name: str) -> Iterator[dict[str, Any]]:
        with gzip.open(self.folder / name, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)

    def profiles(self, part: str) -> list[tuple[Persona, Persona]]:
        """The two people of every conversation of a part of SPC."""
        found = []
        for row in self.rows(f"synthetic-persona-chat/{part}.jsonl.gz"):
            first, second = (
                Persona(facts=tuple(Fact(text=text) for text in row[side]))
                for side in ("user_1", "user_2")
            )
            found.append((first, second))
        return found

    def seeds(self) -> list[str]:
        return sorted({t for pair in self.profiles("train") for p in pair for t in p.sentences})

    def new(self) -> list[str]:
        """Attributes of SPC new that are not among the seeds, case and punctuation aside."""
        known = {normalised(text) for text in self.seeds()}
        every = {t for pair in self.profiles("new") for p in pair for t in p.sentences}
        first = {normalised(text): text for text in sorted(every, reverse=True)}
        return [text for words, text in sorted(first.items()) if words not in known]


async def writer_or_none() -> ChatModel | None:
    """The model that ships with the package, or None where its weights are not there."""
    try:
        from dramaturg.models.embedded_model import EmbeddedModel

        model = EmbeddedModel()
        await ask(model, persona.further(), persona.Further(facts=("I bake.",)), seed=1)
    except (DramaturgError, ImportError, OSError):
        return None
    return model


def experts() -> Any:
    """The embedded NLI and embedder, one object."""
    from dramaturg.models.embedded_model import EmbeddedModel

    return EmbeddedModel()


def lengths(texts: Sequence[str]) -> tuple[float, float]:
    """Mean tokens (punctuation counts) and mean words of a sentence."""
    tokens = statistics.fmean(len(_TOKEN.findall(text)) for text in texts)
    return tokens, statistics.fmean(len(text.split()) for text in texts)


async def seed_set(data: Data) -> list[Row]:
    seeds = data.seeds()
    tokens, words = lengths(seeds)
    return [
        Row("seed attributes", "4,723", f"{len(seeds):,}", len(seeds), "SPC train"),
        Row("their length, tokens", "7.65", f"{tokens:.2f}", len(seeds), "SPC train"),
        Row("their length, words", "not stated", f"{words:.2f}", len(seeds), "SPC train"),
    ]  # fmt: skip


def rand_index(a: Sequence[Any], b: Sequence[Any]) -> float:
    """The adjusted Rand index of two labellings: 1 if equal, 0 on average by chance."""

    def pairs(counts: Counter[Any]) -> float:
        return sum(n * (n - 1) / 2 for n in counts.values())

    both, mine, yours = (pairs(Counter(x)) for x in (zip(a, b, strict=True), a, b))
    expected = mine * yours / pairs(Counter({"all": len(a)}))
    return (both - expected) / ((mine + yours) / 2 - expected)


async def categories(data: Data) -> list[Row]:
    out = []
    seeds = data.seeds()
    stated = list(data.rows("persona-statements/statements.jsonl.gz"))
    texts, known = [r["text"] for r in stated], [r["behaviour"] for r in stated]
    embedder = experts()
    for name, of_seeds, of_stated in (
        ("LSA", persona.lsa(seeds), persona.lsa(texts)),
        ("embedded vectors", await embedder.embed(seeds), await embedder.embed(texts)),
    ):
        for threshold in (0.1, 0.15, 0.2, 0.3):
            found = persona.cluster(of_seeds, threshold=threshold)
            between = f"{found.distance_between():.3f} (centres), "
            between += f"{found.distance_between('average'):.3f} (mean)"
            paper = "323; 0.836" if threshold == 0.1 else "-"
            ours = f"{len(found)}; {between}"
            claim = f"clusters at {threshold}, and the distance between them: {name}"
            out.append(Row(claim, paper, ours, len(seeds), "SPC train"))
            found = persona.cluster(of_stated, threshold=threshold)
            ours = f"{rand_index(found.labels, known):.3f} ({len(found)} clusters)"
            claim = (
                f"agreement (ARI) with {len(set(known))} known categories at {threshold}: {name}"
            )
            out.append(
                Row(claim, "not measured", ours, len(texts), "persona-statements, open part")
            )
    return out


async def expansion(data: Data) -> list[Row]:
    seeds, new = data.seeds(), data.new()
    tokens, words = lengths(new)
    both = [*seeds, *new]
    of_both, of_seeds = (len(persona.cluster(persona.lsa(t))) for t in (both, seeds))
    gain = f"{of_both} (+{(of_both / of_seeds - 1) * 100:.0f} %)"
    opens = Counter(text.split()[0].lower() for text in new)
    split = "SPC new, open part"
    first = f"{opens['i'] / len(new):.1%} I, {opens['my'] / len(new):.1%} My"
    return [
        Row("new attributes", "5,648", f"{len(new):,}", len(new), split),
        Row("growth of the set", "+119 %", f"+{len(new) / len(seeds):.0%}", len(new), split),
        Row("clusters of seeds and new at 0.1 (LSA)", "553 (+71 %)", gain, len(both), split),
        Row("length of new attributes, tokens", "15.9", f"{tokens:.1f}", len(new), split),
        Row("length of new attributes, words", "not stated", f"{words:.1f}", len(new), split),
        Row("new attributes that open with I or My", "not stated", first, len(new), split),
    ]


async def scaled_down(data: Data) -> list[Row]:
    """Expansion of a few hundred seeds, with queries and, in as many calls, without."""
    writer = await writer_or_none()
    if writer is None:
        return []
    out = []
    sample = [Fact(text=t) for t in random.Random(13).sample(data.seeds(), 300)]
    width = 0
    for queries in (True, False):
        begun = time.perf_counter()
        label = "with" if queries else "without"
        asked: list[persona.Query] = []
        if queries:
            groups = await persona.categories_of(sample)
            asked = await persona.induce_queries(
                sample, groups, writer, seed=13, embedder=experts()
            )
            asked = await persona.bootstrap_queries(
                asked, writer, steps=20, seed=13, embedder=experts()
            )
            width = len(asked)
        new_facts = await persona.bootstrap_facts(
            sample, asked, writer, experts(), iterations=4, target=10_000, seed=13,
            calls=width,
        )  # fmt: skip
        calls = 4 * width
        texts = [fact.text for fact in new_facts]
        found = persona.cluster(persona.lsa([f.text for f in sample] + texts))
        mean = lengths(texts)[0] if texts else 0.0
        ours = f"{len(texts)} of {calls} calls, {len(found)} clusters, {mean:.1f} tokens"
        split = f"sample of 300 SPC train, embedded writer, {time.perf_counter() - begun:.0f} s"
        paper = "5,648; 553; 15.9" if queries else "20 to 50 % fewer; 520; 11.38"
        out.append(Row(f"scaled-down run {label} queries", paper, ours, calls, split))
    return out


async def profiles(data: Data) -> list[Row]:
    nli, split = experts(), "SPC new, open part"
    people = list({p.id: p for pair in data.profiles("new") for p in pair}.values())
    sample = random.Random(13).sample(people, min(1_000, len(people)))
    found = await profile.audit(sample, nli)
    share = f"{found.contradictory / found.people:.1%} of profiles, {len(found.clashes)} pairs"
    out = [
        Row("different profiles", "not stated", f"{len(people):,}", len(people), split),
        Row("profiles with a contradiction, as our NLI judges", "0", share, found.people,
            split + ", sample"),
    ]  # fmt: skip
    pairs = list(data.rows("breaking-nli/pairs.jsonl.gz"))
    for label in ("contradiction", "entailment"):
        some = [(r["premise"], r["hypothesis"]) for r in pairs if r["label"] == label]
        hits = await caught(nli, some)
        what = "caught" if label == "contradiction" else "false alarms"
        claim = f"one-word {label}s judged contradictory ({what})"
        out.append(
            Row(
                claim,
                "not measured",
                f"{hits:.1%}",
                len(some),
                "breaking-nli, open part: our NLI was trained on it",
            )
        )
    sides: dict[tuple[str, str], list[str]] = {}
    for row in data.rows("persona-statements/statements.jsonl.gz"):
        sides.setdefault((row["behaviour"], row["stance"]), []).append(row["text"])
    draw = random.Random(13)
    for claim, other in (
        ("opposite stances (caught)", "disagree"),
        ("same stance (false)", "agree"),
    ):
        some = []
        for behaviour in sorted({b for b, _ in sides}):
            mine = draw.sample(sides[behaviour, "agree"], 30)
            yours = draw.sample(sides[behaviour, other], 30)
            some += [(a, b) for a, b in zip(mine, yours, strict=True) if a != b]
        hits = await caught(nli, some)
        where = "persona-statements, sample: weak labels, our NLI was trained on them"
        claim = f"pairs of {claim} judged contradictory, either way"
        out.append(Row(claim, "not measured", f"{hits:.1%}", len(some), where))
    held_out = list(data.rows("persona-nli/valid.jsonl.gz"))
    for label in ("contradiction", "entailment", "neutral"):
        some = [(r["utterance"], r["fact"]) for r in held_out if r["label"] == label]
        verdicts = await nli.judge(some)
        hits = statistics.fmean(v.label == "contradict" for v in verdicts)
        claim = f"utterance against fact, {label}: judged contradictory"
        where = "persona-nli valid, open half: our NLI never saw it"
        out.append(Row(claim, "not measured", f"{hits:.1%}", len(some), where))
    return out


async def caught(nli: Any, pairs: Sequence[tuple[str, str]]) -> float:
    """Share of pairs judged contradictory in at least one direction."""
    forward = await nli.judge(pairs)
    backward = await nli.judge([(b, a) for a, b in pairs])
    both = zip(forward, backward, strict=True)
    return statistics.fmean("contradict" in (f.label, b.label) for f, b in both)


async def partners(data: Data) -> list[Row]:
    pairs, split = data.profiles("new"), "SPC new, open part"
    facts = list({f.id: f for pair in pairs for p in pair for f in p.facts}.values())
    people = [p for pair in pairs for p in pair]
    draw = random.Random(13)
    strangers = [(draw.choice(people), draw.choice(people)) for _ in pairs]
    out = []
    embedder = experts()
    for name, vectors, threshold in (
        ("LSA at 0.1", persona.lsa([f.text for f in facts]), 0.1),
        ("embedded vectors at 0.2", await embedder.embed([f.text for f in facts]), 0.2),
    ):
        found = persona.cluster(vectors, threshold=threshold)
        labels = {f.id: str(c) for f, c in zip(facts, found.labels, strict=True)}
        for who, some in (("SPC's pairs", pairs), ("random pairs", strangers)):
            s = [pairing.similarity(a, b, labels) for a, b in some]
            ours = f"mean {statistics.fmean(s):.2f}, above 2: {sum(x > 2 for x in s) / len(s):.1%}"
            paper = "all above 2 (own clusters)" if who == "SPC's pairs" else "-"
            claim = f"shared pairs of attributes, {who}: {name}"
            out.append(Row(claim, paper, ours, len(s), split))
    return out


async def parser(data: Data) -> list[Row]:
    from dramaturg.generate import parse_conversation

    known = [row["turns"] for row in data.rows("synthetic-persona-chat/valid.jsonl.gz")]
    failed: Counter[str] = Counter()
    repairs: Counter[str] = Counter()
    equal = mended = total = 0
    path = data.folder / "synthetic-persona-chat" / "Synthetic-Persona-Chat_valid.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        for row, turns in itertools.zip_longest(csv.DictReader(lines), known, fillvalue=None):
            assert row is not None, "valid.jsonl.gz has more conversations than the CSV"
            total += 1
            sides = (row["user 1 personas"].split("\n"), row["user 2 personas"].split("\n"))
            try:
                parsed = parse_conversation(row["Best Generated Conversation"], facts=sides)
            except ReplyError as error:
                failed[error.kind] += 1
                continue
            mended += bool(parsed.repairs)
            repairs.update(parsed.repairs.keys())
            text = row["Best Generated Conversation"]
            parsed = parse_conversation(text, facts=sides, placeholders="keep")
            equal += [t[1].split() for t in parsed.turns] == [t[1].split() for t in turns or []]
    good = total - sum(failed.values())
    split = "SPC valid, CSV"
    kinds = ", ".join(f"{kind} {n}" for kind, n in failed.most_common()) or "none"
    mends = ", ".join(f"{kind} {n}" for kind, n in repairs.most_common(6)) or "none"
    return [
        Row("conversations parsed", "not measured", f"{good} ({good / total:.1%})", total, split),
        Row("refused, by kind", "not measured", kinds, total, split),
        Row("mended on the way", "about 3 % break the form (measured on the corpus)",
            f"{mended} ({mended / total:.1%}): {mends}", total, split),
        Row("turns equal to the JSON-lines form", "96.8 % (data page)",
            f"{equal / total:.1%}", total, split),
    ]  # fmt: skip


CHECKS: dict[str, Callable[[Data], Coroutine[Any, Any, list[Row]]]] = {
    "seeds": seed_set,
    "categories": categories,
    "expansion": expansion,
    "scaled": scaled_down,
    "profiles": profiles,
    "pairing": partners,
    "parser": parser,
}


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    head = "| claim | paper | ours | n | split |\n| --- | --- | --- | --- | --- |\n"
    return head + "\n".join(
        f"| {r.claim} | {r.paper} | {r.ours} | {r.n:,} | {r.split} |" for r in rows
    )


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    ask.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    ask.add_argument("--only", nargs="*", choices=list(CHECKS), default=list(CHECKS))
    ask.add_argument("--write", action="store_true", help="renew the table in the docs page")
    given = ask.parse_args()
    if not given.data.is_dir():
        sys.exit(f"error: there is no folder {given.data}\n  fix: name the corpora with --data DIR")
    rows: list[Row] = []
    for name in given.only:
        begun = time.perf_counter()
        made = asyncio.run(CHECKS[name](Data(given.data)))
        rows += made
        print(table(made).split("\n", 2)[2], flush=True)
        print(f"({name}: {time.perf_counter() - begun:.0f} s)", file=sys.stderr, flush=True)
    if given.write:
        put(PAGE, "table", table(rows))


if __name__ == "__main__":
    main()
