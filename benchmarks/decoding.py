"""What each way of decoding does for the conversations of the embedded model.

`python benchmarks/decoding.py --data DATA [--n 64] [--write]` writes conversations for profile
pairs of the TRAINING part of Synthetic-Persona-Chat under each setting alone and under mixes: from
these rows the default is chosen. Then it writes those of the valid part with the plain setting and
with the default. --write renews both tables in docs/embedded-decoding.md. `--only WORD` runs the
rows whose name holds the word, and writes nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.corpora import spc
from benchmarks.tables import ROOT, columns, markdown, put
from dramaturg.models.draft_judge import DraftJudge, draft_judge, inventions
from dramaturg.models.embedded import writer
from dramaturg.models.embedded.overlap import SHOWN_SHARE, share_said
from dramaturg.models.embedded_model import GROUNDING
from dramaturg.models.experts.nli import PersonaNLI
from dramaturg.records import Conversation

PAGE = ROOT / "docs" / "embedded-decoding.md"
TURNS = 16
PLAIN: dict[str, Any] = {"echo": 0.0, "brief": 0.0, "drafts": 3}
Turns = list[tuple[int, str]]
Facts = tuple[list[str], list[str]]


def settings() -> dict[str, dict[str, Any]]:
    """Name of a row -> what it changes."""
    judge = draft_judge()
    return {
        "plain: slots, pull, 3 drafts": PLAIN,
        "1 draft": PLAIN | {"drafts": 1},
        "guidance 0.5": PLAIN | {"guidance": 0.5},
        "guidance 1": PLAIN | {"guidance": 1.0},
        "echo 2": PLAIN | {"echo": 2.0},
        "brief 0.5": PLAIN | {"brief": 0.5},
        "brief 1": PLAIN | {"brief": 1.0},
        "judge": PLAIN | {"judge": judge},
        "judge, 5 drafts": PLAIN | {"judge": judge, "drafts": 5},
        "likelier of 2 good": PLAIN | {"compared": 2, "drafts": 4},
        "mix: echo 2, brief 0.5, judge": {"judge": judge, "drafts": 3},
        "mix, guidance 0.5": {"judge": judge, "drafts": 3, "guidance": 0.5},
        "mix, 5 drafts (default)": {"judge": judge},
        "mix, 5 drafts, temperature 0.6": {"judge": judge, "temperature": 0.6},
        "mix, 5 drafts, guidance 0.5": {"judge": judge, "guidance": 0.5},
    }


@dataclass
class Row:
    """What one setting made, and the processor time it took."""

    talks: list[Turns]
    facts: list[Facts]
    tokens: int = 0
    seconds: float = 0.0

    def words(self) -> list[list[str]]:
        """The words and marks of each turn."""
        texts = (text for talk in self.talks for _, text in talk)
        return [re.findall(r"\w+(?:'\w+)?|[^\w\s]", text.lower()) for text in texts]


def pairs(data: Path, part: str, n: int) -> list[Conversation]:
    """The first conversations of a part whose people both have facts."""
    found = spc(data, part, 2 * n)
    return [one for one in found if all(facts_of(one))][:n]


def facts_of(one: Conversation) -> Facts:
    """The facts of both speakers as text."""
    first, second = (list(speaker.persona) for speaker in one.speakers)
    return first, second


def write(some: list[Conversation], changes: dict[str, Any]) -> Row:
    """A conversation for each profile pair, all in one batch."""
    facts = [facts_of(one) for one in some]

    async def all_of_them() -> list[writer.WrittenConversation]:
        jobs = (
            writer.write_conversation(
                *people, turns=TURNS, seed=number, grounding=GROUNDING, **changes
            )
            for number, people in enumerate(facts)
        )
        return await asyncio.gather(*jobs)

    began = time.process_time()
    made = asyncio.run(all_of_them())
    return Row(
        [[(turn.speaker, turn.text) for turn in one.turns] for one in made],
        facts,
        sum(one.tokens_out for one in made),
        time.process_time() - began,
    )


def shown(talks: list[Turns], profiles: list[Facts]) -> float:
    """Share of facts with 60 % of their content words in their owner's turns."""
    found: list[bool] = []
    for talk, people in zip(talks, profiles, strict=True):
        for who, side in enumerate(people):
            said = " ".join(text for speaker, text in talk if speaker == who)
            found += [share_said(fact, said) >= SHOWN_SHARE for fact in side]
    return sum(found) / max(1, len(found))


def contradicting(row: Row) -> tuple[float, float]:
    """Turns in a hundred that contradict a fact of their speaker, and an earlier own turn."""
    judge = DraftJudge(PersonaNLI())
    facts = turns = total = 0
    for talk, people in zip(row.talks, row.facts, strict=True):
        said: tuple[list[str], list[str]] = ([], [])
        for who, text in talk:
            total += 1
            facts += judge.against(people[who], text)
            turns += judge.against(said[who], text)
            said[who].append(text)
    return 100 * facts / total, 100 * turns / total


def invented(row: Row) -> float:
    """Claims about work, home, family or pets that nothing backs, in a hundred turns."""
    total = found = 0
    for talk, people in zip(row.talks, row.facts, strict=True):
        said: tuple[list[str], list[str]] = ([], [])
        for who, text in talk:
            total += 1
            found += len(inventions(people[who], said[who], text))
            said[who].append(text)
    return 100 * found / total


def repeated(row: Row) -> float:
    """Share of word trigrams that their speaker had used before in the conversation."""
    total = old = 0
    for talk in row.talks:
        seen: tuple[set[tuple[str, ...]], set[tuple[str, ...]]] = (set(), set())
        for who, text in talk:
            words = re.findall(r"\w+(?:'\w+)?", text.lower())
            for gram in zip(words, words[1:], words[2:], strict=False):
                total += 1
                old += gram in seen[who]
                seen[who].add(gram)
    return 100 * old / max(1, total)


def distinct_2(row: Row, tokens: int) -> float:
    """Different pairs of words among the first so many words, over all pairs of them."""
    left = tokens
    grams: list[tuple[str, str]] = []
    for turn in row.words():
        grams += pairwise(turn[:left])
        left -= min(left, len(turn))
    return len(set(grams)) / max(1, len(grams))


def table(rows: dict[str, Row]) -> list[list[str]]:
    """One line a setting, the head first."""
    least = min(sum(map(len, row.words())) for row in rows.values())
    out = [["setting", "n", "facts shown", "contradict a fact", "contradict oneself", "inventions",
            f"distinct-2 of {least:,} tokens", "different turns", "repeated trigrams",
            "words a turn", "tokens a second", "seconds a conversation"]]  # fmt: skip
    for name, row in rows.items():
        texts = [text for talk in row.talks for _, text in talk]
        against, itself = contradicting(row)
        different = 100 * len({text.lower() for text in texts}) / len(texts)
        words = sum(len(text.split()) for text in texts) / len(texts)
        cost = ["-", "-"]
        if row.seconds:
            cost = [f"{row.tokens / row.seconds:,.0f}", f"{row.seconds / len(row.talks):.2f}"]
        out.append([
            name, f"{len(row.talks)}", f"{100 * shown(row.talks, row.facts):.1f} %",
            f"{against:.1f}", f"{itself:.1f}", f"{invented(row):.1f}",
            f"{distinct_2(row, least):.3f}", f"{different:.1f} %",
            f"{repeated(row):.1f} %", f"{words:.1f}", *cost,
        ])  # fmt: skip
    return out


def measure(
    some: list[Conversation], chosen: dict[str, dict[str, Any]], what: str
) -> list[list[str]]:
    """The table of these settings, and of the conversations themselves."""
    writer.loaded()
    rows = {}
    for name, changes in chosen.items():
        rows[name] = write(some, changes)
        print(f"{what}: {name}: {rows[name].seconds:.0f} s", file=sys.stderr, flush=True)
    spoken = [[(turn.speaker, turn.text) for turn in one.turns] for one in some]
    rows["the conversations of the corpus"] = Row(spoken, [facts_of(one) for one in some])
    return table(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both tables; see the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--n", type=int, default=64)
    parser.add_argument("--only", default="")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args(arguments)
    rows = {name: made for name, made in settings().items() if args.only in name}
    train = measure(pairs(args.data, "train", args.n), rows, "train")
    print(columns(train), flush=True)
    if args.only:
        return
    last = {"plain: slots, pull, 3 drafts": PLAIN, "default": {"judge": draft_judge()}}
    valid = measure(pairs(args.data, "valid", args.n), last, "valid")
    print(columns(valid), flush=True)
    if args.write:
        put(PAGE, "choosing", markdown(train))
        put(PAGE, "chosen", markdown(valid))


if __name__ == "__main__":
    main()
