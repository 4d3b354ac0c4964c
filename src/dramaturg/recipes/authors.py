"""People known by what they wrote: the entries that are typical of them, and their traits."""

from __future__ import annotations

import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from dramaturg import generate, profile
from dramaturg.dataset import Document
from dramaturg.errors import BackendError, NotJudged, RecordError
from dramaturg.models import ChatModel, Embedder
from dramaturg.records import Drop, Fact, Pair, Persona, Scene, derive_seed
from dramaturg.scorers import together, trait_ratings, why_lost
from dramaturg.store import notes


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one document: a row of the table `entries`.

    Attributes:
        kept: Whether it is in its author's representative cluster.
        traits: What it was read as showing, 0 to 1; empty where it was not rated.
    """

    id: str
    author: str
    text: str
    kept: bool
    traits: dict[str, float] = {}


@dataclass(frozen=True)
class Author:
    """One author.

    Attributes:
        person: Facts are the sentences of the kept entries; the view "documents" holds their ids,
            "traits" those that they show, -1 to 1: the mean over the entries that were read as
            saying something of the trait.
        facts: The sentences of each kept entry, by its id.
        rows: All entries of the author.
    """

    person: Persona
    facts: Mapping[str, tuple[Fact, ...]]
    rows: tuple[Entry, ...]

    def known_by(self, entry: str) -> Persona:
        """The same person, of whom only one entry is known."""
        return msgspec.structs.replace(self.person, facts=self.facts[entry], id=self.person.id)


@dataclass(frozen=True)
class Reader:
    """Makes authors of documents.

    Attributes:
        judge: Rates the traits of the kept entries; None = nobody is filtered.
        alpha, beta: See `profile.traits_shown`.
        words: So many words of an entry are read and shown.
    """

    embedder: Embedder
    judge: ChatModel | None
    alpha: float
    beta: float
    words: int
    seed: int

    async def __call__(self, documents: Sequence[Document]) -> Author:
        """The author of these documents. Raises NotJudged, kind "no trait", where none shows."""
        name = documents[0].author
        facts = {d.id: generate.facts_of(d.text, d.id, words=self.words) for d in documents}
        shown = [" ".join(fact.text for fact in facts[d.id]) for d in documents]
        typical = profile.representative(await self.embedder.embed(shown))
        ratings = await self._rated([(documents[i].id, shown[i]) for i in typical])
        traits = profile.traits_shown(list(ratings.values()), alpha=self.alpha, beta=self.beta)
        if self.judge is not None and not traits:
            raise NotJudged(f"{len(ratings)} entries show no trait often enough", kind="no trait")
        kept = [documents[i].id for i in typical]
        said = {fact.id: fact for id in reversed(kept) for fact in reversed(facts[id])}
        signed = {
            trait: round(
                2 * statistics.fmean(r[trait] for r in ratings.values() if trait in r) - 1, 6
            )
            for trait in traits
        }
        return Author(
            person=Persona(
                name=name,
                facts=tuple(reversed(said.values())),
                views={"documents": kept, "traits": signed},
                source="documents",
            ),
            facts={id: facts[id] for id in kept},
            rows=tuple(
                Entry(id=d.id, author=name, text=d.text, kept=d.id in kept,
                      traits=ratings.get(d.id, {}))
                for d in documents
            ),
        )  # fmt: skip

    async def _rated(self, texts: Sequence[tuple[str, str]]) -> dict[str, dict[str, float]]:
        judge = self.judge
        if judge is None:
            return {}
        rated = await together(self._one(judge, id, text) for id, text in texts)
        by_id = dict(zip((id for id, _ in texts), rated, strict=True))
        for id, one in by_id.items():
            if isinstance(one, str):
                notes.note(Drop(kind="rating", reason=one, subject=id))
        return {id: one for id, one in by_id.items() if not isinstance(one, str)}

    async def _one(self, judge: ChatModel, id: str, text: str) -> dict[str, float] | str:
        """The ratings, or why there are none: one entry that is not rated costs no author."""
        own_seed = derive_seed(self.seed, "rate", id)
        try:
            return await trait_ratings(text, judge, seed=own_seed, about=id)
        except (RecordError, BackendError) as error:
            return why_lost(error)


def over_entries(pair: Pair, authors: Mapping[str, Author], *, seed: int) -> Pair:
    """The same two people over one entry of each, drawn by the seed; the scene names the two."""
    entries, people = [], []
    for person in pair.people:
        author = authors[person.id]
        draw = random.Random(derive_seed(seed, "entry", pair.id, person.id))
        entry = draw.choice(sorted(author.facts))
        entries.append(entry)
        people.append(author.known_by(entry))
    scene = Scene(cast=pair.scene.cast, fields={**pair.scene.fields, "grounding": entries})
    return Pair(first=people[0], second=people[1], scene=scene)
