"""Check everything that can be checked before the first call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dramaturg import dataset
from dramaturg.errors import UserError
from dramaturg.models import ChatModel, Embedder, NLIModel
from dramaturg.models.prompted import PromptedNLI
from dramaturg.models.resolve import Limits, parse_roles, resolve
from dramaturg.prompts import prompts_hash
from dramaturg.recipes.recipe import Recipe, find_recipe, read_settings
from dramaturg.records import content_id
from dramaturg.runner.inputs import hash_of_path

_DEFAULT = "embedded"


@dataclass(frozen=True)
class Plan:
    """A recipe with all that it needs, checked.

    Attributes:
        refs: Model reference by role, as it is written to run.json.
        models: The models themselves, by role; one object may play several roles.
        out: The run folder, not yet opened.
        facts: How many seed facts there are to make people of; 0 if the file gives people.
        seeds: Hash of everything that the file of personas gave, what is not used included.
        most: The most conversations that the file allows: its pairs, or all pairs of its people.
        inputs: Hash of the content of every other file that a setting names.
        shard: Which part of the run this is, e.g. "3/16"; "" = all of it.
    """

    recipe: Recipe
    settings: dict[str, Any]
    refs: dict[str, str]
    models: dict[str, Any]
    out: Path
    facts: int
    most: int
    seeds: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    shard: str = ""

    @property
    def arguments(self) -> dict[str, Any]:
        """What can change a row: recipe, settings, models by role, and the content of files."""
        files = {"personas", *self.inputs}
        plain = {k: v for k, v in self.settings.items() if k not in files}
        return {
            "recipe": self.recipe.name,
            "settings": plain,
            "models": self.refs,
            "model_versions": {r: str(getattr(m, "version", "")) for r, m in self.models.items()},
            "personas": self.seeds,
            **({"inputs": dict(self.inputs)} if self.inputs else {}),
            "prompts": prompts_hash(),
            **({"shard": self.shard} if self.shard else {}),
        }


def plan(
    name: str,
    settings: Mapping[str, Any],
    models: Sequence[str] = (),
    out: str | Path | None = None,
    *,
    limits: Limits = Limits(),  # noqa: B008  (it is immutable)
) -> Plan:
    """The plan of a run.

    Args:
        settings: The recipe's, and "n": how many to make, whatever the recipe counts.
        models: Items such as "openai:gpt-4.1-mini" (every role that it can play; the rest fall
            back to the embedded model) or "nli=embedded".
        out: The run folder; by default one under runs/ that is the same for the same plan.

    Raises:
        UserError: Unknown recipe or setting, a model that cannot play its role, unusable personas.
    """
    recipe = find_recipe(name)
    given = dict(settings)
    if "n" in given:
        given[recipe.count] = given.pop("n")
    values = read_settings(recipe, given)
    inputs = {
        name: hash_of_path(value, name)
        for name, value in values.items()
        if isinstance(value, Path) and name != "personas"
    }
    people_wanted = "personas" in recipe.settings
    loaded = (
        dataset.load_personas(values["personas"] or dataset.starter_people())
        if people_wanted
        else dataset.Loaded()
    )
    roles = parse_roles(models, list(recipe.roles))
    made: dict[str, Any] = {}

    def model(ref: str) -> Any:
        if ref not in made:
            made[ref] = resolve(ref, limits)
        return made[ref]

    refs: dict[str, str] = {}
    chosen: dict[str, Any] = {}
    for role, need in recipe.roles.items():
        ref = roles.get(role) or roles.get("*") or _DEFAULT
        candidate = _as(need, model(ref))
        if role not in roles and ref != _DEFAULT and not _plays(recipe, role, candidate):
            ref, candidate = _DEFAULT, model(_DEFAULT)
        recipe.check_model(role, candidate)
        refs[role], chosen[role] = ref, candidate
    facts = 0 if loaded.people else len(loaded.facts)
    people = len(loaded.people or ())
    most = len(loaded.pairs) or people * (people - 1) // 2 or 10**9
    read = [loaded.facts, loaded.people, loaded.pairs, loaded.drops]
    seeds = content_id("h", read) if people_wanted else ""
    planned = Plan(recipe, values, refs, chosen, Path(), facts, most, seeds, inputs)
    name_by_content = f"{name}-{content_id('r', planned.arguments)[2:10]}"
    folder = Path(out) if out is not None else Path("runs") / name_by_content
    return replace(planned, out=folder)


def _as(need: type, model: Any) -> Any:
    """A chat model in the NLI role judges by prompt."""
    if need is NLIModel and not isinstance(model, NLIModel) and isinstance(model, ChatModel):
        return PromptedNLI(model) if model.follows_prompts() else model
    return model


def _plays(recipe: Recipe, role: str, model: Any) -> bool:
    if recipe.roles[role] is Embedder:
        return False  # few chat endpoints embed: an embedder is used when named for the role
    try:
        recipe.check_model(role, model)
    except UserError:
        return False
    return True
