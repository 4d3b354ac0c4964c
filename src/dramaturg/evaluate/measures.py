"""All measures of one dataset, in the order in which a report shows them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from dramaturg.evaluate.collect import Collected
from dramaturg.evaluate.expert_ranker import expert_hits
from dramaturg.evaluate.leakage import leakage
from dramaturg.evaluate.measure import Measure
from dramaturg.evaluate.near_duplicates import earlier_twin
from dramaturg.evaluate.nearest import nearest_in_words
from dramaturg.evaluate.next_utterance import next_utterance
from dramaturg.evaluate.profile_extraction import profile_extraction
from dramaturg.evaluate.ranker import exchanges, ranker_hits
from dramaturg.evaluate.resample import Fixed, OfSet, Ratio, Statistic
from dramaturg.evaluate.self_bleu import self_bleu
from dramaturg.evaluate.spread import effective_number, topics, vendi_of
from dramaturg.evaluate.talk import Coder, Talk
from dramaturg.evaluate.variety import AT_BYTES, AT_TOKENS, compression, different, distinct, prefix
from dramaturg.evaluate.vectors import Rows, Vectors
from dramaturg.records import Conversation, derive_seed

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[Any]

AT_UTTERANCES, BLEU_UTTERANCES, RANKED = 10_000, 1_000, 1_000
NEAREST_TALKS = 200  # compared with one another, as DiaSynth does
AT_VECTORS = 1_000
TOPICS = 50


@dataclass(eq=False)
class Side:
    """One dataset as its measures see it: what was collected, and the sample read again."""

    own: Collected
    split: str = "all"
    vectors: Vectors | None = None
    categories: list[Measure] = field(default_factory=list)

    @cached_property
    def places(self) -> list[int]:
        """Where the sample's conversations stand in the dataset."""
        return self.own.sample()[0]

    @cached_property
    def conversations(self) -> list[Conversation]:
        """The sample."""
        return self.own.sample()[1]

    @cached_property
    def talks(self) -> list[Talk]:
        """The sample, cut into words."""
        return [Talk(conversation) for conversation in self.conversations]

    @cached_property
    def keys(self) -> list[int]:
        """Who talks in the sample."""
        return [int(self.own.keys[place]) for place in self.places]

    @cached_property
    def sampled(self) -> str:
        """How the sample was drawn; "" where it is everything."""
        n, all_of = len(self.places), len(self.own)
        return "" if n == all_of else f"{n:,} of {all_of:,} conversations, seed {self.own.seed}"


@dataclass(frozen=True)
class Equal:
    """How much text is read on every side, so that sets of different size compare.

    Attributes:
        vectors, vector_turns: Conversations that have vectors, and utterances of such.
    """

    tokens: int = AT_TOKENS
    utterances: int = AT_UTTERANCES
    bytes: int = AT_BYTES
    bleu: int = BLEU_UTTERANCES
    nearest: int = NEAREST_TALKS
    vectors: int = AT_VECTORS
    vector_turns: int = AT_UTTERANCES

    @classmethod
    def of(cls, sides: Sequence[Side]) -> Equal:
        """As much as every side has, up to a limit."""
        tokens = [sum(len(talk.flat) for talk in side.talks) for side in sides]
        turns = [sum(len(talk.words) for talk in side.talks) for side in sides]
        size = [
            sum(len(text.encode("utf-8", "replace")) + 1 for t in side.talks for text in t.plain)
            for side in sides
        ]
        vectors = [side.vectors.turns for side in sides if side.vectors is not None]
        return cls(
            tokens=min(AT_TOKENS, *tokens),
            utterances=min(AT_UTTERANCES, *turns),
            bytes=min(AT_BYTES, *size),
            bleu=min(BLEU_UTTERANCES, *turns),
            nearest=min([NEAREST_TALKS, *(len(side.talks) for side in sides)]),
            vectors=min([AT_VECTORS, *map(len, vectors)]),
            vector_turns=min([AT_UTTERANCES, *(sum(map(len, part)) for part in vectors)]),
        )


def everything(side: Side, equal: Equal, seed: int) -> list[Measure]:
    """All measures of a dataset by itself."""
    return [one for make in SETS.values() for one in make(side, equal, seed)]


def counted(side: Side, equal: Equal, seed: int) -> list[Measure]:
    """Lengths, manner, what of the personas shows, copying: exact over all conversations."""
    return side.own.table.measures(side.own.keys, side.split)


def attributes(side: Side, equal: Equal, seed: int) -> list[Measure]:
    """How many different facts, and how long they are in words and in pieces."""
    import numpy as np

    codes, words, pieces = side.own.people.different()
    why = "" if len(codes) else "no conversation has personas"
    exact = "a count of all there are, not an estimate: no interval"
    count = Fixed(len(codes), len(side.own), exact) if len(codes) else None
    found = [_measure(side, "facts", "persona", "facts", "facts", count, len(codes), why=why)]
    for name, lengths in (("fact_words", words), ("fact_pieces", pieces)):
        stat = Ratio(lengths.astype(np.float64), np.ones(len(codes)), "different facts")
        unit = "words" if name == "fact_words" else "words and marks"
        found.append(_measure(side, name, "persona", unit, "facts", stat, len(codes), why=why))
    return found


def words_varied(side: Side, equal: Equal, seed: int) -> list[Measure]:
    """distinct-n, different utterances, compression: at equal length."""
    coder = Coder()
    found = []
    for n in (1, 2, 3):
        stat = distinct(side.talks, n, equal.tokens, coder)
        found.append(
            _measure(
                side,
                f"distinct_{n}",
                "variety",
                "share",
                "tokens",
                stat,
                equal.tokens,
                sampled=True,
            )
        )
    stat = different(side.talks, equal.utterances)
    found.append(
        _measure(
            side, "different_utterances_equal", "variety", "share", "utterances", stat,
            equal.utterances, sampled=True,
        )
    )  # fmt: skip
    stat = compression(side.talks, equal.bytes)
    found.append(
        _measure(side, "compression", "variety", "times", "bytes", stat, equal.bytes, sampled=True)
    )
    return found


def utterances_all(side: Side, equal: Equal, seed: int) -> list[Measure]:
    """The share of different utterances over the whole dataset, whatever its size."""
    import numpy as np

    said = np.frombuffer(side.own.said, dtype=np.uint64)
    _, ids = np.unique(said, return_inverse=True)
    ends = np.frombuffer(side.own.said_ends, dtype=np.uint64).astype(np.int64)
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    most = int(ids.max()) + 1 if len(ids) else 0
    owner = np.repeat(np.arange(len(ends)), ends - starts)

    def share(places: Sequence[int]) -> float | None:
        if len(places) == len(ends):
            return most / len(ids) if len(ids) else None
        wanted = np.zeros(len(ends), dtype=bool)
        wanted[places] = True
        read = ids[wanted[owner]]
        seen = np.zeros(most, dtype=bool)
        seen[read] = True
        return float(np.count_nonzero(seen) / len(read)) if len(read) else None

    draws = max(20, min(200, int(2e7 / max(len(ids), 1))))
    stat = OfSet(share, range(len(ends)), most=draws)
    return [
        _measure(side, "different_utterances", "variety", "share", "utterances", stat, len(ids))
    ]


def bleu(side: Side, equal: Equal, seed: int) -> list[Measure]:
    """Self-BLEU of equally many utterances, drawn from the sample."""
    import numpy as np

    every = [(i, words) for i, talk in enumerate(side.talks) for words in talk.words]
    draw = random.Random(derive_seed(seed, "self-bleu"))
    chosen = draw.sample(every, min(equal.bleu, len(every)))
    scores = self_bleu([words for _, words in chosen])
    over, under = np.zeros(len(side.talks)), np.zeros(len(side.talks))
    for (i, _), score in zip(chosen, scores, strict=True):
        over[i] += score
        under[i] += 1
    return [
        _measure(
            side, "self_bleu", "variety", "BLEU-4, 0 to 1", "utterances", Ratio(over, under),
            len(chosen), sampled=True, sample=f"{len(chosen):,} utterances, seed {seed}",
        )
    ]  # fmt: skip


def nearest(side: Side, equal: Equal, seed: int) -> list[Measure]:
    """ROUGE-L of a conversation to the nearest other one, among equally many of the sample."""
    import numpy as np

    draw = random.Random(derive_seed(seed, "nearest"))
    chosen = draw.sample(range(len(side.talks)), min(equal.nearest, len(side.talks)))
    near = nearest_in_words([" ".join(side.talks[i].plain) for i in chosen])
    over, under = np.zeros(len(side.talks)), np.zeros(len(side.talks))
    over[chosen], under[chosen] = near, 1
    alone = len(chosen) < 2
    return [
        _measure(
            side, "nearest_talk", "variety", "ROUGE-L, 0 to 1", "conversations",
            None if alone else Ratio(over, under), len(chosen), sampled=True,
            sample=f"{len(chosen):,} conversations, seed {seed}",
            why="there is no other conversation" if alone else "",
        )
    ]  # fmt: skip


def duplicates(side: Side, equal: Equal, seed: int) -> list[Measure]:
    """Conversations that are nearly the same as an earlier one."""
    import numpy as np

    twin = earlier_twin(side.own.signatures.matrix()) >= 0
    stat = Ratio(twin.astype(np.float64), np.ones(len(twin)))
    return [_measure(side, "near_duplicates", "copying", "share", "conversations", stat, len(twin))]


def leaks(side: Side, equal: Equal, seed: int) -> list[Measure]:
    """What the held-out splits share with the training split."""
    own = side.own
    splits = [own.split_of(place) for place in range(len(own))]
    found = leakage(splits, own.people, own.signatures.matrix())
    what = {
        "leaked_people": "people held out",
        "leaked_conversations": "conversations held out",
        "leaked_facts": "facts of people held out",
    }
    return [
        _measure(
            side, name, "copying", "share", of, found.get(name),
            int(found[name].under.sum()) if name in found else 0,
            why="" if found else "no conversation is marked as train, or none as held out",
        )
        for name, of in what.items()
    ]  # fmt: skip


def next_by_words(side: Side, equal: Equal, seed: int) -> list[Measure]:
    """hit@1 of the IR baseline, by whose persona is known."""
    found = []
    for whose, stat in next_utterance(side.conversations, seed=seed).items():
        why = _no_persona(side) if whose != "none" else ""
        found.append(
            _measure(
                side, f"next_utterance_ir_{whose}", "coherence", "hit@1 of 20", "utterances",
                None if why else stat, int(stat.under.sum()), sampled=True, why=why, paired=True,
            )
        )  # fmt: skip
    return found


def next_by_ranker(side: Side, equal: Equal, seed: int) -> list[Measure]:
    """hit@1 of the trained ranker on every fifth conversation, trained on the others."""
    vectors = side.vectors
    if vectors is None:
        return []
    talks = list(range(len(vectors.talks)))
    parts = []
    for rows in ([i for i in talks if i % 5], [i for i in talks if i % 5 == 0]):
        parts.append(
            exchanges(
                [vectors.talks[i] for i in rows],
                [vectors.turns[i] for i in rows],
                [vectors.facts[i] for i in rows],
            )
        )
    asked = len([i for i in talks if i % 5 == 0])
    found = ranker_hits(parts[0], parts[1], asked, seed=seed)
    return [
        replace(
            _measure(
                side, f"next_utterance_ranker_{whose}", "coherence", "hit@1 of 20", "utterances",
                None if whose != "none" and _no_persona(side) else stat, int(stat.under.sum()),
                sampled=True, why=_no_persona(side) if whose != "none" else "",
            ),
            sample=f"trained on {len(talks) - asked:,} conversations, asked on {asked:,} others",
            scorer=f"ranker 1 on {vectors.ref}",
        )
        for whose, stat in found.items()
    ]  # fmt: skip


def next_by_expert(side: Side, equal: Equal, seed: int) -> list[Measure]:
    """hit@1 of the ranker that ships, which never saw the dataset."""
    return [
        replace(
            _measure(
                side, f"next_utterance_expert_{whose}", "coherence", "hit@1 of 20", "utterances",
                None if whose != "none" and _no_persona(side) else stat, int(stat.under.sum()),
                sampled=True, why=_no_persona(side) if whose != "none" else "",
            ),
            scorer="ranker 1, made",
        )
        for whose, stat in expert_hits(side.conversations, seed=seed).items()
    ]  # fmt: skip


def extraction(side: Side, equal: Equal, seed: int) -> list[Measure]:
    """F-score of reading a profile from the talk, in the four scenarios."""
    found = profile_extraction(side.conversations, seed=seed)
    if not found:
        why = _no_persona(side) or "no conversation has two people with personas"
        return [
            _measure(side, "profile_extraction_own", "persona", "F", "attributes", None, 0, why=why)
        ]
    return [
        _measure(
            side, f"profile_extraction_user_{target + 1}_from_user_{read + 1}", "persona", "F",
            "attributes", stat, int(stat.under.sum()), sampled=True,
        )
        for (target, read), stat in found.items()
    ]  # fmt: skip


def meanings(side: Side, equal: Equal, seed: int) -> list[Measure]:
    """Vendi score and mean distance of utterances and of whole talks, by their vectors.

    Both scores grow with how much is read: it is equally much on every side.
    """
    vectors = side.vectors
    if vectors is None:
        return []
    rows_of = Rows(vectors.turns)
    sizes = [len(part) for part in vectors.turns]
    read = prefix(sizes, equal.vector_turns)
    whole = vectors.whole[: equal.vectors]

    def of_turns(places: Sequence[int]) -> float | None:
        rows = rows_of(places)[: equal.vector_turns]
        return vendi_of(rows.T @ rows / len(rows)) if len(rows) else None

    def of_talks(places: Sequence[int]) -> float | None:
        rows = whole[list(places)]
        return vendi_of(rows.T @ rows / len(rows)) if len(rows) else None

    def distance(places: Sequence[int]) -> float | None:
        rows = whole[list(places)]
        n = len(rows)
        if n < 2:
            return None
        total = rows.sum(axis=0)
        return float(1 - (total @ total - n) / (n * (n - 1)))

    every = range(len(whole))
    how = f"the first {len(whole):,} of the sample"
    found = [
        _measure(side, "vendi_utterances", "variety", "effective number", "utterances",
                 OfSet(of_turns, read, most=60),
                 min(equal.vector_turns, sum(sizes[i] for i in read))),
        _measure(side, "vendi_conversations", "variety", "effective number", "conversations",
                 OfSet(of_talks, every, most=60), len(whole)),
        _measure(side, "distance_of_conversations", "variety", "mean cosine distance",
                 "conversations", OfSet(distance, every), len(whole)),
    ]  # fmt: skip
    return [
        replace(
            one,
            sample=f"{one.count:,} utterances a side" if one.of == "utterances" else how,
            scorer=f"{one.scorer} on {vectors.ref}",
        )
        for one in found
    ]


def topic_spread(sides: Sequence[Side], seed: int) -> list[Measure]:
    """The effective number of topics of each side, the topics fitted on all sides together."""
    import numpy as np

    if any(side.vectors is None or len(side.vectors.whole) < 4 for side in sides):
        return []
    rows = [side.vectors.whole for side in sides if side.vectors is not None]
    equal = min(map(len, rows))
    count = max(2, min(TOPICS, equal * len(rows) // 10))
    labels = topics(np.concatenate(rows), count, seed=seed)
    found = []
    at = 0
    for side, part in zip(sides, rows, strict=True):
        mine = labels[at : at + len(part)][:equal]
        at += len(part)

        def spread(places: Sequence[int], mine: Floats = mine) -> float | None:
            return effective_number(mine[list(places)]) if len(places) else None

        measure = _measure(
            side, "topic_spread", "variety", f"effective number of {count}", "conversations",
            OfSet(spread, range(equal)), equal,
        )  # fmt: skip
        ref = side.vectors.ref if side.vectors else ""
        found.append(replace(measure, scorer=f"topics 1 on {ref}", sample=f"{equal:,} a side"))
    return found


def categories(side: Side, labels: Sequence[int], apart: float, ref: str) -> list[Measure]:
    """Persona categories and their distance, as an outside clustering found them.

    Args:
        labels: The category of each fact that was clustered.
        apart: Mean distance between the categories.
    """
    n = len(labels)
    shown = side.own.people.different()[0]
    sample = "" if n == len(shown) else f"{n:,} of {len(shown):,} different facts, by hash"
    once = "no interval: it would take the clustering anew for every draw"
    count, wide = Fixed(len(set(labels)), why=once), Fixed(apart, why=once)
    found = [
        _measure(side, "persona_categories", "persona", "categories", "facts", count, n),
        _measure(side, "persona_category_distance", "persona", "cosine distance", "facts", wide, n),
    ]
    return [replace(m, sample=sample, scorer=f"average linkage on {ref}") for m in found]


def given_scores(side: Side, equal: Equal, seed: int) -> list[Measure]:
    """The means of the scores that the dataset itself carries."""
    import numpy as np

    found = []
    for name, (_, values) in sorted(side.own.given.items()):
        column = np.frombuffer(values)
        good = column[~np.isnan(column)]
        stat = Ratio(good, np.ones(len(good)))
        measure = _measure(
            side, f"score_{name}", "scores", "score", "conversations", stat, len(good)
        )
        found.append(replace(measure, scorer=f"{name}, as the dataset has it"))
    return found


SETS: dict[str, Callable[[Side, Equal, int], list[Measure]]] = {
    "counts": counted,
    "facts": attributes,
    "given scores": given_scores,
    "distinct-n, compression": words_varied,
    "different utterances": utterances_all,
    "self-BLEU": bleu,
    "nearest talk": nearest,
    "Vendi score": meanings,
    "near-duplicates": duplicates,
    "leakage": leaks,
    "next utterance, IR": next_by_words,
    "next utterance, ranker": next_by_ranker,
    "next utterance, shipped ranker": next_by_expert,
    "profile extraction": extraction,
}


def _no_persona(side: Side) -> str:
    lacking = side.own.without_personas == len(side.own)
    return "no conversation has personas" if lacking else ""


def _measure(
    side: Side,
    name: str,
    group: str,
    unit: str,
    of: str,
    statistic: Statistic | None,
    count: int,
    *,
    sampled: bool = False,
    sample: str = "",
    why: str = "",
    paired: bool = False,
) -> Measure:
    return Measure(
        name=name,
        group=group,
        unit=unit,
        of=of,
        count=count,
        scorer=f"{name} 1",
        statistic=statistic,
        keys=side.keys if paired else (),
        split=side.split,
        sample=sample or (side.sampled if sampled else ""),
        why=why,
    )


def ordered(measures: Iterable[Measure]) -> list[Measure]:
    """By group, in the order in which a reader wants them; inside a group as they came."""
    groups = ("size", "manner", "persona", "variety", "coherence", "copying", "scores", "health")
    place = {name: i for i, name in enumerate(groups)}
    return sorted(measures, key=lambda one: place.get(one.group, len(place)))
