"""Proofs of journal-dialogues: typical entries, few entries, traits, form, copies, authorship."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from dramaturg import profile, scorers
from dramaturg.dataset import Document
from dramaturg.evaluate.authorship import Attributed, attributed
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.proofs.proof import hold, proof
from dramaturg.recipes.authors import Author, Reader, over_entries
from dramaturg.records import Conversation, Pair, Scene, Speaker, Turn, Verdict

NAME = "journal-dialogues"
Representative = Callable[[Any], Sequence[int]]
Shown = Callable[..., Sequence[str]]
Form = Callable[..., Callable[[Conversation], Awaitable[Verdict]]]
Over = Callable[..., Pair]
Told = Callable[..., Attributed | None]


@proof(NAME, "of 12 entries in one theme and 3 in another exactly the 12 are kept, in any order")
def the_twelve(representative: Representative = profile.representative) -> str:
    import numpy as np

    draw = np.random.default_rng(5)
    themes = np.eye(6)[[0] * 12 + [1] * 3]
    rows = themes + 0.15 * draw.normal(size=themes.shape)
    for number in range(20):
        order = draw.permutation(15)
        kept = sorted(int(order[i]) for i in representative(rows[order]))
        hold(kept == list(range(12)), f"order {number}: kept {kept}")
    return "20 orders of 15 entries: the 12 each time"


@proof(NAME, "authors with one or two entries keep them: there is no number of clusters to score")
def few_entries(representative: Representative = profile.representative) -> str:
    import numpy as np

    rows = np.array([[1.0, 0.0], [0.0, 1.0]])
    for count in (1, 2):
        try:
            kept = [int(i) for i in representative(rows[:count])]
        except (ValueError, IndexError, ZeroDivisionError) as error:
            hold(False, f"{count} entries end in {type(error).__name__}: {error}")
        hold(kept == list(range(count)), f"of {count} entries {kept} are kept")
    same = [int(i) for i in representative(np.ones((4, 2)))]
    hold(same == [0, 1, 2, 3], f"of four entries that say the same {same} are kept")
    return "1 of 1, 2 of 2, and 4 of 4 that say the same"


@proof(NAME, "a trait must be shown by enough entries: one that shouts does not make a person")
def often_enough(shown: Shown = profile.traits_shown) -> str:
    one_shouts = [{"openness": 1.0}, {"openness": 0.5}, {"openness": 0.5}, {"openness": 0.5}]
    found = tuple(shown(one_shouts, alpha=0.6, beta=0.5))
    hold(found == (), f"one of four entries at 1.0 gives {found}")
    half = [{"openness": 0.6}, {"openness": 0.6}, {}, {"openness": 0.1}]
    found = tuple(shown(half, alpha=0.6, beta=0.5))
    hold(found == ("openness",), f"two of four entries at alpha give {found}")
    return "1 of 4 entries at 1.0: no trait; 2 of 4 at alpha: the trait"


@proof(NAME, "a turn of 21 words, unequal shares and 9 copied words in a row are refused")
async def form_is_kept(form: Form = scorers.TurnFormat) -> str:
    entry = "This morning I walked down to the old harbour before the fog had lifted."
    fine = ["I was at the harbour early.", "In that fog?", "Yes, and alone.", "How brave of you."]
    eight = "Walked down to the old harbour before the"
    planted = {
        "the good one": (fine, True),
        "20 words": ([*fine[:3], " ".join(["word"] * 20)], True),
        "21 words": ([*fine[:3], " ".join(["word"] * 21)], False),
        "21 words among short ones": (["Hm.", " ".join(["word"] * 21), "Hm.", "Hm."], False),
        "8 words of the entry": ([f"{eight}, well.", *fine[1:]], True),
        "9 words of the entry": ([f"{eight} fog!", *fine[1:]], False),
    }
    judge = form(words=20, turns=(4, 6), copied=8)
    for name, (said, wanted) in planted.items():
        verdict = await judge(_talk(entry, [(n % 2, text) for n, text in enumerate(said)]))
        hold(verdict.passed is wanted, f"{name}: passed is {verdict.passed}, {verdict.reasons}")
    uneven = [(0, fine[0]), (1, fine[1]), (0, fine[2]), (0, "Quite alone."), (0, "Yes.")]
    verdict = await judge(_talk(entry, uneven))
    hold(not verdict.passed, "4 turns against 1 passed")
    return "7 talks: 4 broken ones refused, 3 good ones passed"


@proof(NAME, "what a speaker may know comes from the entry that the scene names, and from no other")
async def grounded_in_the_entry(over: Over = over_entries) -> str:
    ada, ben = await _author("ada"), await _author("ben")
    authors = {one.person.id: one for one in (ada, ben)}
    cast = (ada.person, ben.person)
    entries = set()
    for seed in range(12):
        scene = Scene(cast=tuple(p.id for p in cast))
        made = over(Pair(first=cast[0], second=cast[1], scene=scene), authors, seed=seed)
        for person, entry in zip(made.people, made.scene.fields["grounding"], strict=True):
            told = {e.document for fact in person.facts for e in fact.evidence}
            hold(told == {entry}, f"{person.name} knows {sorted(map(str, told))}, not only {entry}")
            hold(str(entry).startswith(person.name), f"{person.name} is given {entry}")
            entries.add(entry)
    hold(len(entries) == 4, f"only {sorted(entries)} are ever drawn")
    return "24 speakers over 4 entries: each knows one, and it is their own"


@proof(NAME, "authorship is told from other entries than the given one, beside a shuffled control")
def copies_tell_nothing(told: Told = attributed) -> str:
    entries = {
        f"p-{n}": {f"{n}a": f"theme{n} past harbour{n}", f"{n}b": f"theme{n} eats bread{n}"}
        for n in range(6)
    }

    def talks(word: str) -> list[Conversation]:
        return [
            Conversation(
                scene_id=f"s-{n}",
                scene={"grounding": [f"{n}a", f"{(n + 1) % 6}a"]},
                speakers=tuple(Speaker(name="X", persona_id=f"p-{m}") for m in (n, (n + 1) % 6)),
                turns=tuple(
                    Turn(speaker=i, text=f"{word}{m}") for i, m in enumerate((n, (n + 1) % 6))
                ),
            )
            for n in range(6)
        ]

    theme = told(talks("theme"), entries, candidates=4, seed=1)
    copied = told(talks("harbour"), entries, candidates=4, seed=1)
    if theme is None or copied is None:
        hold(False, "nobody was asked about")
        return ""
    hold(theme.found == 1.0, f"an author's theme is told in {theme.found:.2f} of the cases")
    hold(theme.shuffled < 0.6, f"dealt-out words are told in {theme.shuffled:.2f}")
    hold(copied.found == copied.chance == 0.25, f"copied words are told in {copied.found:.2f}")
    return f"theme 1.00, dealt out {theme.shuffled:.2f}, copied from the given entry 0.25 = chance"


def _talk(entry: str, said: Sequence[tuple[int, str]]) -> Conversation:
    return Conversation(
        scene_id="s",
        speakers=(Speaker(name="A", persona=(entry,)), Speaker(name="B")),
        turns=tuple(Turn(speaker=who, text=text) for who, text in said),
    )


async def _author(name: str) -> Author:
    texts: Mapping[str, str] = {
        f"{name}-1": f"I am {name} and I bake bread in the morning.",
        f"{name}-2": f"I am {name} and I bake rolls in the evening.",
    }
    read = Reader(EmbeddedModel(), None, alpha=0.6, beta=0.5, words=300, seed=1)
    return await read([Document(author=name, text=text, id=id) for id, text in texts.items()])
