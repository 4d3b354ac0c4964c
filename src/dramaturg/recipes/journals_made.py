"""Figures and estimate of journal-dialogues."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from dramaturg import dataset
from dramaturg.evaluate.authorship import attributed
from dramaturg.recipes.authors import Author
from dramaturg.recipes.finish import figure
from dramaturg.recipes.recipe import Step
from dramaturg.records import Conversation
from dramaturg.scorers import count_tokens, longest_copied

RANGES: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(["conversations", "partners", "copied", "least_words"], (1, 10**9)),
    "turns": (2, 100),
    "words": (3, 500),
    "tries": (1, 20),
    "alpha": (0, 1),
    "beta": (0.001, 1),
    "entry_words": (20, 10_000),
}


def journal_figures(
    talks: Sequence[Conversation], authors: Mapping[str, Author], *, seed: int
) -> list[dict[str, Any]]:
    """The form of the talks, what they copy and show of the entries, and whether it can be told."""
    kept = [len(author.facts) for author in authors.values()]
    rows = []
    if kept:
        rows.append(
            figure("entries kept an author", statistics.fmean(kept), n=len(kept), unit="mean",
                   scorer="representative cluster")
        )  # fmt: skip
    if not len(talks):
        return rows
    lengths = [count_tokens([turn.text]) for talk in talks for turn in talk.turns]
    copies = [
        max(longest_copied(turn.text, [" ".join(s.persona) for s in talk.speakers])
            for turn in talk.turns)
        for talk in talks
    ]  # fmt: skip
    first = [not talk.provenance.extra["complaints"] for talk in talks]
    shows = [any(turn.grounding for turn in talk.turns) for talk in talks]
    rule = "turn_format rule-1"
    rows += [
        figure("turns a talk", statistics.fmean(len(t.turns) for t in talks), n=len(talks),
               unit="mean", scorer=rule),
        figure("words a turn", statistics.fmean(lengths), n=len(lengths), unit="mean", scorer=rule),
        figure("kept talks that were in form at once", statistics.fmean(first), n=len(talks),
               unit="share", scorer=rule),
        figure("longest copied run", statistics.fmean(copies), n=len(talks), unit="mean words",
               scorer="longest_copied"),
        figure("talks with a turn that shows a sentence of an entry", statistics.fmean(shows),
               n=len(talks), unit="share", scorer="ground, by the role nli or embedded"),
    ]  # fmt: skip
    texts = {
        id: {row.id: row.text for row in author.rows if row.kept} for id, author in authors.items()
    }
    found = attributed(talks, texts, seed=seed)
    if found is not None:
        how = f"word overlap with the authors' other entries, 1 of {found.candidates}"
        rows += [
            figure("author told from the words", found.found, n=found.n, unit="share", scorer=how),
            figure("author told from dealt-out words", found.shuffled, n=found.n, unit="share",
                   scorer=how),
            figure("chance", found.chance, n=found.n, unit="share", scorer=how),
        ]  # fmt: skip
    return rows


def journal_dialogues_calls(s: Mapping[str, Any], _: int) -> list[Step]:
    """Every entry is rated and no talk is written twice: fewer ratings, more talks in a run."""
    source = s["entries"] or dataset.starter_entries()
    library = dataset.load_documents(source, least=s["least_words"])
    entries, authors = len(library), len(library.by_author)
    most = authors * min(authors - 1, int(s["partners"])) // 2  # pairs that there can be
    n, shown = min(int(s["conversations"]), most), round(1.4 * min(s["entry_words"], 150))
    talk = round(1.4 * s["turns"] * s["words"] * 0.7)
    return [
        Step("trait ratings", "critic", entries, 280 + shown, 50, "traits.rate"),
        Step("talks", "writer", n, 330 + 2 * shown, talk, "conversation.write"),
    ]
