"""Short talks of two people who are known by their journals, grounded in one entry of each.

Source: Pal, Das and Srihari 2024, "Beyond Discrete Personas: Personality Modeling Through Journal
Intensive Conversations", arXiv:2412.11250.
Does: entries by author -> the cluster that is typical of each author -> authors whose entries show
a trait strongly and often enough -> pairs of authors, one entry of each -> a talk that finds
common ground -> talks of another form, or that copy an entry, are written again.
Differs: authors are divided into splits before they meet; the paper pairs nearly everybody with
everybody and splits the talks. Authors with one or two entries keep them. The values of alpha and
beta are not known from the paper. Traits are rated by the critic's prompt, not by a trained
classifier; the embedded model rates none, so with it nobody is filtered, and it writes from the
sentences in which the writers speak of themselves.
"""

from __future__ import annotations

from pathlib import Path

from dramaturg import dataset, loop
from dramaturg.models import ChatModel, Embedder, NLIModel, can_do, capacity, cheap_nli
from dramaturg.recipes.authors import Reader, over_entries
from dramaturg.recipes.finish import finished
from dramaturg.recipes.in_form import InForm
from dramaturg.recipes.journals_made import RANGES, journal_dialogues_calls, journal_figures
from dramaturg.recipes.meeting import meet_by_chance
from dramaturg.recipes.recipe import Made, recipe
from dramaturg.store import notes


@recipe(
    tasks={"writer": ("conversation.write",)},
    estimate=journal_dialogues_calls,
    ranges=RANGES,
    example="--entries entries.jsonl -n 100 --model openai:gpt-4.1-mini --out my-dataset",
)
async def journal_dialogues(
    writer: ChatModel,
    critic: ChatModel,
    nli: NLIModel,
    embedder: Embedder,
    *,
    entries: Path | None = None,  # rows with author and text, or a folder an author; none = six
    conversations: int = 100,  # pairs of authors; one talk is kept for each
    turns: int = 8,  # asked for; two more are let pass
    words: int = 20,  # the most words of a turn
    copied: int = 8,  # the most words in a row that a turn may have from an entry
    tries: int = 3,  # a talk is written so often at most
    alpha: float = 0.6,  # from this rating on an entry shows a trait (paper: value not known)
    beta: float = 0.5,  # share of an author's entries that must show it (paper: not known)
    entry_words: int = 300,  # so much of an entry is read and shown
    least_words: int = 20,  # shorter entries are left out
    partners: int = 20,  # the most partners an author gets (paper: nearly all)
    seed: int = 13,
) -> Made:
    library = dataset.load_documents(entries or dataset.starter_entries(), least=least_words)
    for drop in library.drops:
        notes.note(drop)
    judge = critic if can_do(critic, "traits.rate") else None
    at_once = capacity(writer, critic)
    read = await loop.each(
        list(library.by_author.values()),
        Reader(embedder, judge, alpha, beta, entry_words, seed),
        at_once=at_once, step="authors", kind="author", about=lambda its: its[0].author,
    )  # fmt: skip
    authors = {author.person.id: author for author in read.results}
    cast = [author.person for author in authors.values()]
    met = meet_by_chance(cast, count=conversations, partners=partners, seed=seed)
    pairs = [over_entries(pair, authors, seed=seed) for pair in met]
    told = await loop.each(
        pairs,
        InForm(writer, cheap_nli(nli), turns, words, copied, tries, seed, "journal-dialogues"),
        at_once=at_once, step="talks", kind="pair",
    )  # fmt: skip
    return finished(
        told.results,
        cast,
        asked=conversations,
        seed=seed,
        tables={"entries": [row for author in authors.values() for row in author.rows]},
        figures=journal_figures(told.results, authors, seed=seed),
        critics={"traits.rate 1": judge.ref} if judge else {},
        steps={"authors": len(library.by_author), "kept": len(cast), "pairs": len(pairs)},
        notes=[] if judge else [f"{critic.ref} rates no traits: no author was filtered by them"],
        cut=loop.cut_of(read, told),
    )
