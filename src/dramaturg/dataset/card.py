"""The dataset card: README.md for people and for the Hugging Face hub, croissant.json beside it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from dramaturg.dataset.card_origin import (
    Origins,
    described,
    divided,
    keywords,
    licence_hangs_on,
    limit,
    opening,
    origins,
    use,
)
from dramaturg.dataset.card_sections import (
    LINEAGE,
    cost,
    critics_before,
    derived_from,
    found_by_evaluate,
    licence_of,
    line,
    lineage,
    made_of,
    table,
)
from dramaturg.dataset.croissant import croissant
from dramaturg.dataset.made_tables import made_tables
from dramaturg.dataset.parquet import SPLITS, split_of
from dramaturg.records import Persona, from_json
from dramaturg.store import RunFolder, write_atomically

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
_BESIDE = {
    "personas": "every person, with facts and further views",
    "preferences": "which conversation was preferred to which, and why",
    "dropped": "every row that was not kept, with its reason",
}
_HEAD = "| split | conversations |\n| --- | --- |\n"
_COLUMNS = (
    "Columns of a conversation: `id`, `split`, `recipe`, `round`, `scene_id`, `scene` (JSON text), "
    "`speakers` (name, persona_id, persona: the facts, fact_ids), `turns` (speaker: index from 0, "
    "text, grounding: the facts that a turn uses), `scores` (one number a scorer), `provenance` "
    "(models, prompt hashes, seed, round, draft, the calls behind it), `previous`."
)
_EMBEDDED_LIMIT = (
    "- The embedded model is small (about 10 million parameters), writes English only and follows "
    "no instructions: expect simple talk, repetition and slips of logic. It is a baseline."
)


def write_card(folder: RunFolder, facts: Mapping[str, Any] | None = None) -> Path:
    """Write README.md and croissant.json of a folder that `export` wrote.

    Args:
        facts: What the run says of itself; all may be missing: `recipe`, `title`, `models`
            (role -> reference), `settings`, `seed`, `stopped` (why it ended
            early), `critics` (name -> what it rests on, or sentences), `notes`, `limits`,
            `language`, `license` (a hub identifier; None = the one that the card there states,
            or that all sources of lineage.json agree on, else "unknown"), `tags`, `personas`
            (where the persona facts came from, in words), `totals` (by
            "role/task": calls, tokens_in, tokens_out, model_seconds, usd), `carbon` (in words),
            `cite_as` (BibTeX).

    Returns:
        The card's path. It holds no date and no path: the same journal gives the same bytes.
    """
    told = {**folder.arguments, **(facts or {})}
    splits = _splits(folder.path)
    beside = [name for name in _BESIDE if any((folder.path / name).glob("*.parquet"))]
    tables = made_tables(folder.path)
    configs = [*tables, *beside]
    people = _people(folder)
    languages = sorted({language for _, _, language in people}) or ["en"]
    recipe = str(told.get("recipe", "unknown"))
    derived = derived_from(folder.path)
    found = origins(folder.path, recipe)
    by = "Conversations by" if found.synthetic else "Conversations from"
    if not splits:
        by = "Made by"
    title = str(told.get("title") or derived or f"{by} {found.recipe}")
    settings = dict(told.get("settings") or {})
    files = {split: f"data/{split}-*.parquet" for split in splits}
    license = _license(folder.path, told)
    told["license"] = license
    models = sorted(dict(told.get("models") or {}).items())
    prompts = [
        (role, task, model, hash or "native, no prompt")
        for role, task, model, hash in folder.journal.prompts()
    ]
    if not prompts:
        of_rows, prompts_of_rows = made_of(folder.path)
        models, prompts = models or of_rows, prompts_of_rows
    critics = told.get("critics") or critics_before(folder.path)
    filled = {
        "front_matter": _front_matter(
            told, title, told.get("language") or languages, found, files, configs
        ),
        "title": title,
        "opening": opening(found, derived),
        "load": "\n".join(
            [
                *(['conversations = load_dataset("PATH")'] if splits else []),
                *(f'{name} = load_dataset("PATH", "{name}")' for name in configs),
            ]
        ),
        "splits": _HEAD + table((split, f"{n:,}") for split, n in splits.items())
        if splits
        else "No conversations: what the recipe makes are the rows of these tables.",
        "beside": "\n".join(
            [
                *(f"- `{name}/`: {one.told}" for name, one in tables.items()),
                *(f"- `{name}/`: {_BESIDE[name]}" for name in beside),
            ]
        ),
        "columns": f"{_COLUMNS}\n\n{_apart(folder.path)} {divided(folder.path, recipe)}"
        if splits
        else "",
        "notes": "".join(f"\n- {line(note)}" for note in told.get("notes") or ()),
        "state": f"stopped early ({line(told['stopped'])})" if told.get("stopped") else "complete",
        "seed": str(told.get("seed", settings.get("seed", "not given"))),
        "models": table(models),
        "prompts": table(prompts),
        "lineage": lineage(folder.path),
        "found": found_by_evaluate(folder.path),
        "cost": cost(told),
        "settings": table(
            (name, value) for name, value in sorted(settings.items()) if name != "personas"
        ),
        "critics": _critics(critics, found),
        "details": _details(folder.path, told, configs),
        "limit": limit(found),
        "limits": _limits(told),
        "use": use(found),
        "sources": _sources(people, (facts or {}).get("personas")),
        "hangs_on": licence_hangs_on(found),
        "license": license,
    }
    template = resources.files("dramaturg.dataset").joinpath("templates", "card.md")
    text = re.sub(
        r"\{\{(\w+)\}\}", lambda hit: filled[hit[1]], template.read_text(encoding="utf-8")
    )
    card = folder.path / "README.md"
    write_atomically(card, text.encode("utf-8", "replace"))
    metadata = croissant(
        title,
        described(found, ", ".join(files)),
        license=license,
        tables={
            **({"conversations": "data/*.parquet"} if splits else {}),
            **{name: f"{name}/*.parquet" for name in configs},
        },
        fields={name: one.fields for name, one in tables.items()},
        languages=languages,
        keywords=keywords(found),
        cite_as=str(told.get("cite_as") or ""),
    )
    text = json.dumps(metadata, indent=2, ensure_ascii=False)
    write_atomically(folder.path / "croissant.json", f"{text}\n".encode("utf-8", "replace"))
    return card


def _front_matter(
    told: Mapping[str, Any],
    title: str,
    languages: Any,
    found: Origins,
    files: Mapping[str, str],
    configs: Sequence[str],
) -> str:
    """YAML, in which every JSON text is a valid value."""
    size = next((name for limit, name in _SIZES if found.count < limit), "n>10M")
    tags = [*keywords(found), "dramaturg", *(told.get("tags") or ())]
    spoken = [languages] if isinstance(languages, str) else list(languages)
    lines = [
        f"pretty_name: {json.dumps(title, ensure_ascii=False)}",
        f"license: {json.dumps(str(told.get('license', 'unknown')))}",
        f"language: {json.dumps(spoken)}",
        f"tags: {json.dumps(tags, ensure_ascii=False)}",
        'task_categories: ["text-generation"]',
        f"size_categories: {json.dumps([size])}",
        "configs:",
    ]
    if files:
        lines += ["- config_name: default", "  data_files:"]
    for split, pattern in files.items():
        lines += [f"  - split: {json.dumps(split)}", f"    path: {json.dumps(pattern)}"]
    for number, name in enumerate(configs):
        path = json.dumps(f"{name}/*.parquet")
        lines.append(f"- config_name: {name}")
        if not files and number == 0:
            lines.append("  default: true")
        lines.append("  data_files:")
        lines += ["  - split: train", f"    path: {path}"]
    return "\n".join(lines)


def _license(path: Path, told: Mapping[str, Any]) -> str:
    """What is told, what the card there states, or what all sources agree on."""
    if told.get("license"):
        return str(told["license"])
    try:
        sources = json.loads((path / LINEAGE).read_text(encoding="utf-8"))["sources"]
    except (OSError, ValueError, KeyError):
        sources = []
    agreed = {str(source.get("license", "")) for source in sources}
    return licence_of(path) or (agreed.pop() if len(agreed) == 1 else "") or "unknown"


def _splits(path: Path) -> dict[str, int]:
    """Conversations by split, as the files themselves say."""
    import pyarrow.parquet as pq

    counts: Counter[str] = Counter()
    for file in (path / "data").glob("*.parquet"):
        counts[split_of(file)] += pq.read_metadata(file).num_rows
    known = [split for split in SPLITS if split in counts]
    return {split: counts[split] for split in [*known, *sorted(counts.keys() - set(SPLITS))]}


def _apart(path: Path) -> str:
    """Whether the splits share a person id, as the files themselves say."""
    import pyarrow.parquet as pq

    split_by_person: dict[str, str] = {}
    shared = set()
    for file in sorted((path / "data").glob("*.parquet")):
        with pq.ParquetFile(file) as table:
            for batch in table.iter_batches(columns=["speakers.list.element.persona_id"]):
                for speakers in batch.column(0).to_pylist():
                    for id in (speaker["persona_id"] for speaker in speakers):
                        if id and split_by_person.setdefault(id, split_of(file)) != split_of(file):
                            shared.add(id)
    if shared:
        return f"**{len(shared):,} persons stand in more than one split**: do not test on them."
    return "No two splits share a person: no person's id stands in two of them (checked)."


def _people(folder: RunFolder) -> Counter[tuple[str, str, str]]:
    """How many persons have each (source, licence, language)."""
    found: Counter[tuple[str, str, str]] = Counter()
    for body in folder.journal.records("persona"):
        person = from_json(body, Persona)
        found[person.source, person.licence, person.language] += 1
    return found


def _sources(people: Counter[tuple[str, str, str]], file: Any) -> str:
    if not people:
        return "The journal holds no persons."
    given = f"Persona facts came from {line(file)}.\n\n" if isinstance(file, str) else ""
    return given + "\n".join(
        f"- {n:,} persons ({line(language)}): {line(source) or 'source not stated'}; "
        f"licence: {line(licence) or 'not stated'}"
        for (source, licence, language), n in sorted(people.items())
    )


def _details(path: Path, told: Mapping[str, Any], configs: Sequence[str]) -> str:
    """Where more of the critics stands, if it does."""
    more = []
    if told.get("rounds") or (path / "report.json").is_file():
        more.append(
            "`report.json` gives the figures of every round with what they are counted over"
        )
    if "dropped" in configs:
        more.append("`dropped/` gives every row that was not kept, with its reason")
    return f" {'; '.join(more)}." if more else ""


def _critics(critics: Any, found: Origins) -> str:
    if not critics and not found.scored:
        return "No conversation has a score."
    if not critics:
        return "Not described by the run; the scorers are the fields of the column `scores`."
    if isinstance(critics, Mapping):
        return "\n".join(f"- `{name}`: {line(rests)}" for name, rests in critics.items())
    return "\n".join(f"- {line(critic)}" for critic in critics)


def _limits(told: Mapping[str, Any]) -> str:
    models = {str(ref) for ref in dict(told.get("models") or {}).values()}
    lines = [f"- {line(limit)}" for limit in told.get("limits") or ()]
    if any(ref.partition(":")[0] == "embedded" for ref in models):
        lines.append(_EMBEDDED_LIMIT)
    return "\n".join(lines)
