"""Parts of the dataset card that hang on who talked: a recipe's models, or who the source says.

Conversations count as synthetic only where a recipe that generates made them: by the provenance
of the rows, or, where a file in between could not hold it, by the lineage.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dramaturg.dataset.card_sections import LINEAGE

_NOT_MADE = ("", "import", "unknown")  # recipes of what was only read
_PERSONS = (
    "`dataset.apart_by_persona` takes two persons for one if they have the same id, or if at least "
    "60 % of the facts of the one with fewer facts are said by the other too (same words, or "
    "nearly)."
)
_DIVIDED = {
    "persona": f"The splits were made so that no two splits share a person: {_PERSONS}",
    "pair": "The splits were made so that no two splits share a pair of people, in either seat "
    "(`split --by pair`); one person may talk in two splits.",
    "paraphrase": "The splits were made so that no two splits share a fact, or one that says the "
    "same (`split --by paraphrase`).",
    "file": "The splits are what the name of the source's file says (`split --by file`).",
}


@dataclass(frozen=True)
class Origins:
    """Who talked, as far as the folder knows.

    Attributes:
        count: Conversations.
        made: How many of them a generating recipe made; None: some, it is not known how many.
        pairs: Whether every conversation has two speakers.
        scored: Whether any has a score.
        recipe: The step or recipe that made the folder; of a copy that was only read, the recipes
            of its conversations.
    """

    count: int
    made: int | None
    pairs: bool
    scored: bool
    recipe: str

    @property
    def synthetic(self) -> bool:
        """Whether all of them were made by a recipe."""
        return self.made == self.count

    @property
    def some(self) -> bool:
        """Whether some were, and some are what their source says."""
        return self.made is None or 0 < self.made < self.count


def origins(path: Path, recipe: str) -> Origins:
    """Read from the data files, lineage.json, and the recipe of the folder itself.

    Args:
        recipe: As run.json has it; counts only for a folder that was not made of others.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    count = made = 0
    names: set[str] = set()
    pairs, scored = True, False
    for file in sorted((path / "data").glob("*.parquet")):
        with pq.ParquetFile(file) as rows:
            leaves = [rows.schema.column(n).path for n in range(len(rows.schema.names))]
            scored |= any(leaf.startswith("scores.") for leaf in leaves)
            for batch in rows.iter_batches(columns=["recipe", "speakers.list.element.name"]):
                count += batch.num_rows
                told_here = [r for r in batch["recipe"].to_pylist() if (r or "") not in _NOT_MADE]
                made += len(told_here)
                names.update(told_here)
                pairs &= bool(pc.all(pc.equal(pc.list_value_length(batch["speakers"]), 2)).as_py())
    told = _told(path)
    here: int | None = made
    if not told and recipe not in _NOT_MADE:
        here = count
    elif told and not made:
        leaves_made = {name not in _NOT_MADE for name in _leaf_recipes(told)}
        here = (count if leaves_made == {True} else None) if True in leaves_made else 0
    shown = ", ".join(sorted(names)) if recipe in _NOT_MADE and names else recipe
    return Origins(count=count, made=here, pairs=pairs, scored=scored, recipe=shown)


def opening(found: Origins, derived: str) -> str:
    """The card's first sentences."""
    if not found.count:
        return f"This dataset was made with Dramaturg by the recipe `{found.recipe}`."
    if found.synthetic:
        between = " between two people each" if found.pairs else ""
        how = (
            f"made with Dramaturg by the step `{found.recipe}` out of other data (see Lineage)"
            if derived
            else f"made with Dramaturg by the recipe `{found.recipe}`"
        )
        facts = "Every person was given as a list of facts, and every conversation carries"
        carries = ["these lists"]
    else:
        between = " between two speakers each" if found.pairs else ""
        how = (
            f"chosen or changed by Dramaturg's step `{found.recipe}` out of other data (see "
            "Lineage)"
            if derived
            else "brought into this form by Dramaturg from another format"
        )
        facts = f"{_who(found)} Every conversation carries"
        carries = ["the facts of its speakers where the source gives them"]
    if found.scored:
        carries.append("what its critics said of it")
    if found.synthetic:
        carries.append("how it was made")
    *most, last = carries
    listed = f"{', '.join(most)} and {last}" if most else last
    return f"{found.count:,} conversations{between}, {how}. {facts} {listed}."


def _who(found: Origins) -> str:
    if found.some:
        some = (
            "Some may have been made by a recipe, and be synthetic"
            if found.made is None
            else f"{found.made:,} of {found.count:,} were made by a recipe and are synthetic"
        )
        return f"{some}; who talked in the others, people or models, is what their source says."
    return (
        "No recipe of Dramaturg made them, as far as this folder knows: who talked, people or "
        "models, is what the source says."
    )


def described(found: Origins, splits: str) -> str:
    """The same for croissant.json."""
    if found.synthetic:
        return (
            f"Synthetic conversations between personas ({splits}), made by the recipe "
            f"{found.recipe}."
        )
    return f"Conversations ({splits}), by the step {found.recipe} of Dramaturg. {_who(found)}"


def keywords(found: Origins) -> list[str]:
    """Tags; "synthetic" only where all of it is."""
    return [*(["synthetic"] if found.synthetic else []), "persona", "dialogue"]


def limit(found: Origins) -> str:
    """The first of the limits."""
    if not found.count:
        return (
            "Rows that a model wrote are synthetic; rows that were read out of the user's texts "
            "are as true, and as personal, as those texts."
        )
    if found.synthetic:
        return (
            "The conversations are synthetic: no real people talked, and no fact is true of "
            "anybody."
        )
    return (
        f"{_who(found)} Where people talked, what they say may be personal, and true of somebody."
    )


def use(found: Origins) -> str:
    """What it is for, and what not."""
    if found.synthetic:
        made_for = (
            "Made for training and testing dialogue models that keep to a persona, for measuring "
            "them, and for research on synthetic data. Look at a sample before you train on it, "
            "and say in what you publish that it is synthetic."
        )
        drawn = "which these people were not drawn from"
        end = " A fact that fits a real person does so by chance."
    else:
        made_for = (
            "Of use for training, testing and measuring dialogue models, as far as the terms of "
            "its source allow. Look at a sample before you train on it, and say in what you "
            "publish where it comes from."
        )
        drawn = "unless the source says that its people were drawn from it"
        end = (
            " Where real people talked: finding out who they are. `dramaturg redact` replaces what "
            "its rules find, and proves nothing."
        )
    return (
        f"{made_for}\n\nNot made for: imitating a real person; letting anyone believe that they "
        "talk to a human being; judging, scoring or targeting people; standing in for the opinions "
        f"of a population, {drawn}; advice on health, law or money.{end}"
    )


def licence_hangs_on(found: Origins) -> str:
    """Whose terms the licence depends on."""
    if found.synthetic:
        return "the terms of the models that wrote them"
    if found.some:
        return "the terms of their sources, and of the models that wrote some of them"
    return "the terms of their source"


def divided(path: Path, recipe: str) -> str:
    """By what the splits were made: the last `split` of the lineage, or where they come from."""
    told = _told(path)
    while told:
        if told.get("step") == "split":
            by = str(dict(told.get("arguments") or {}).get("by", ""))
            return _DIVIDED.get(
                by,
                f"The splits are those that `{by}` was published with, told by who talks "
                f"(`split --by {by}`); a pair of people that it is not known to have keeps a split "
                "that may be right, or stands in `unpublished`.",
            )
        sources = list(told.get("sources") or ())
        if len(sources) != 1:
            return "The splits are those of the sources, and nothing here divided them anew."
        told = dict(sources[0].get("made_by") or {})
        recipe = str(sources[0].get("recipe") or "")
    if recipe in _NOT_MADE:
        return (
            "The splits are those of the source (a conversation without one stands in `train`); "
            "nothing here divided them."
        )
    return _DIVIDED["persona"]


def _told(path: Path) -> dict[str, Any]:
    try:
        found = json.loads((path / LINEAGE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _leaf_recipes(told: Mapping[str, Any]) -> Iterator[str]:
    """The recipes of the sources that were not made of others."""
    for source in told.get("sources") or ():
        if source.get("made_by"):
            yield from _leaf_recipes(source["made_by"])
        else:
            yield str(source.get("recipe") or "")
