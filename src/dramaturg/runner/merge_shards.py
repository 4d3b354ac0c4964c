"""Shards into one run folder: the bytes that the whole run would have written.

The calls of all shards go into one journal, and the whole recipe is performed on it once more: the
steps before the loop answer from the journal, the loop takes each pair from the shard that made
it, and no model is asked. So figures, splits and tables are made by the very code of a whole run.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.errors import DramaturgError, Interrupted, PartEnds, RunFolderError, UserError
from dramaturg.models.gate import Gate
from dramaturg.models.resolve import Limits
from dramaturg.recipes.recipe import find_recipe
from dramaturg.records import BadReply, content_id, from_json
from dramaturg.runner.perform import Run, Show, perform
from dramaturg.runner.plan import Plan, plan
from dramaturg.runner.shards import (
    COMMON,
    Shard,
    kept_personas,
    outcome_file,
    own_fingerprint,
    read_round,
    read_shard,
)
from dramaturg.store import Journal, RunFolder, Spool, is_run_folder, state_of
from dramaturg.store.parts import GAPS, Kept
from dramaturg.store.run_folder import JOURNAL_FILE, RUN_FILE

_GO_ON = "merge again with all shards, or run the same command with this --out and without --shard"


class _Found(msgspec.Struct, frozen=True):
    """A shard's folder and what its run.json says."""

    path: Path
    shard: Shard
    arguments: dict[str, Any]
    state: str


def is_shard(folder: str | Path) -> bool:
    """Whether the folder is a shard of a run, or what all shards of one share."""
    try:
        info = json.loads(Path(folder, RUN_FILE).read_text(encoding="utf-8"))
        return "shard" in info["arguments"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


async def merge_shards(
    folders: Sequence[str | Path],
    out: str | Path,
    *,
    incomplete: bool = False,
    personas: str | Path | None = None,
    show: Show | None = None,
) -> Run:
    """Put the shards of a run together into one run folder.

    Args:
        folders: The shards' folders; `common` is looked for beside them.
        out: A new folder, or one that holds an earlier merge of the same run.
        incomplete: Merge what is there: a pair that no shard finished becomes a dropped row with
            its reason. The result is a stopped run: the same `dramaturg run` on it, without
            --shard, makes what is missing, and so does merging again with all shards.
        personas: The file of personas, where the copy that the shards keep cannot be read.

    Raises:
        UserError: If the folders are no shards, of different runs or of different numbers of
            shards, if one is given twice or is at work, or if some are missing.
    """
    common, shards = _sorted_out(folders)
    _check_whole(shards, incomplete)
    planned = _plan(common, Path(out), personas)
    gate = Gate()
    gate.closed = True  # every reply is in the journals
    part = MergePart(common, shards, incomplete=incomplete)
    result = await perform(planned, gate=gate, show=show, part=part)
    if isinstance(result.error, PartEnds) and not result.error.fix:
        result.error.fix = _GO_ON
    if isinstance(result.error, Interrupted) and not incomplete:
        raise RunFolderError(
            "the shards lack replies that their run needs",
            why="a journal or a file of a round was lost or replaced",
            fix=f"run `dramaturg run` with the same arguments and --out {out}, without --shard: "
            "it makes what is missing",
        )
    return result


class MergePart:
    """All shards, as the loop sees them when they are put together."""

    whole = True
    keeps_records = False

    def __init__(self, common: _Found, shards: Sequence[_Found], *, incomplete: bool) -> None:
        self._common, self._shards = common, shards
        self._incomplete = incomplete
        self._of = shards[0].shard.of
        self._by_number = {one.shard.number: one for one in shards}
        self._ids: Callable[[int], str] = str
        self._count = 0
        self._round = 0
        self._bodies: Spool[bytes] = Spool()
        self._places: dict[int, int] = {}
        self._gaps: dict[int, int] = {}

    # As the runner sees it

    def opened(self, folder: RunFolder) -> None:
        """Takes over every finished call, and what was noted of bad replies."""
        vectors: dict[str, dict[str, None]] = {}
        for one in (self._common, *self._shards):
            with Journal(one.path / JOURNAL_FILE, read_only=True) as journal:
                for call in journal.calls():
                    if call["state"] == "done":
                        folder.journal.copy(call)
                for key, value in journal.metas("vectors ").items():
                    vectors.setdefault(key, {}).update(dict.fromkeys(json.loads(value)))
                for body in journal.records("badreply") if one.shard.number else ():
                    record = from_json(body, BadReply)
                    if record.outcome != "unanswered":
                        folder.journal.put("badreply", content_id("badreply", record), body)
        for key, keys in vectors.items():
            folder.journal.remember(key, json.dumps(list(keys)))
        folder.journal.flush()

    def told(self) -> dict[str, Any]:
        """How many shards there were, and which gaps are left."""
        gaps = {str(number): count for number, count in sorted(self._gaps.items()) if count}
        return {"shards": {"of": self._of, "merged": len(self._shards), "gaps_by_round": gaps}}

    def unfinished(self) -> DramaturgError | None:
        """The gaps that are left."""
        gaps = sum(self._gaps.values())
        if not gaps:
            return None
        return PartEnds(
            f"{gaps} pairs are not made yet: shards were missing or incomplete",
            fix=_GO_ON,
        )

    # As the loop sees it

    def step(self, name: str) -> bytes | None:
        """Made once more from the journal: what a step notes belongs to the run."""
        return None

    def keep_step(self, name: str, body: bytes) -> None:
        """Nothing is kept."""

    def begin(self, ids: Callable[[int], str], count: int) -> None:
        """The pairs are known."""
        self._ids, self._count = ids, count

    def mine(self, round: int) -> None:
        """All pairs: what the shards made of them in this round is read in."""
        self._round, self._bodies, self._places = round, Spool(), {}
        for one in self._shards:
            file = outcome_file(one.path, round)
            if not file.exists():
                continue
            for index, pair, body in read_round(file):
                if not 0 <= index < self._count or self._ids(index) != pair:
                    raise RunFolderError(
                        f"{file} is of another run, or damaged",
                        why=f"its pair number {index} is not the one of this run",
                        fix="copy that shard's folder again",
                    )
                self._places[index] = self._bodies.append(body)

    def outcome(self, round: int, index: int) -> bytes | None:
        """What the pair's shard made of it; None where its shard did not finish the round."""
        place = self._places.get(index)
        return None if place is None else self._bodies[place]

    def gap(self, round: int, index: int, why: DramaturgError) -> str | None:
        """A pair that is in no complete round, and whose replies are not all in a journal."""
        if not self._incomplete:
            return None
        self._gaps[round] = self._gaps.get(round, 0) + 1
        shard = Shard(index % self._of + 1, self._of)
        if shard.number not in self._by_number:
            return f"{GAPS[0]}: {shard} was not merged, so round {round} has no draft of it"
        return f"{GAPS[1]}: {shard} stopped before round {round} was through for this pair"

    def add(self, round: int, item: Kept, outcome: bytes) -> None:
        """Nothing is kept."""

    def end_round(self, round: int, *, last: bool) -> None:
        """All is known."""

    def ends_before(self, round: int) -> str | None:
        """A round that follows an incomplete one was begun by no shard."""
        if not self._gaps.get(round - 1):
            return None
        return f"round {round} was not begun: round {round - 1} is not complete"

    def end(self, why: str) -> None:
        """Nothing ends but the loop."""


def _sorted_out(folders: Iterable[str | Path]) -> tuple[_Found, list[_Found]]:
    """The common folder and the shards in order. Raises UserError for what does not belong."""
    found = [_look(Path(folder)) for folder in folders]
    shards = sorted((one for one in found if one.shard.number), key=lambda one: one.shard.number)
    if not shards:
        raise UserError("there is no shard to merge", fix="name the folders DIR/shard-*")
    for one in found:
        if one.state == "running":
            raise RunFolderError(
                f"{one.path} is at work", fix="wait until it ends, or stop it, then merge"
            )
    first = shards[0]
    for one in shards[1:]:
        if one.shard.of != first.shard.of:
            raise UserError(
                f"{first.path} and {one.path} overlap",
                why=f"one is a part of {first.shard.of}, the other of {one.shard.of} shards",
                fix="merge the shards of one division",
            )
    for one, other in itertools.pairwise(shards):
        if one.shard == other.shard:
            raise UserError(
                f"shard {one.shard} is given twice", why=f"{one.path} and {other.path}",
                fix="name each shard once",
            )  # fmt: skip
    commons = [one for one in found if not one.shard.number]
    if not commons:
        places = [one.path.resolve().parent / COMMON for one in shards]
        commons = [_look(place) for place in dict.fromkeys(places) if is_run_folder(place)][:1]
    if not commons:
        raise RunFolderError(
            "what all shards share is missing",
            why=f"there is no folder {COMMON}/ beside {first.path}",
            fix=f"copy {COMMON}/ there, or name it with the shards",
        )
    (common, *more) = commons
    for one in (*shards[1:], common, *more):
        if own_fingerprint(one.arguments) != own_fingerprint(first.arguments):
            raise UserError(
                f"{first.path} and {one.path} are of different runs",
                why=_different(first.arguments, one.arguments),
                fix="merge the shards of one run",
            )
    return common, shards


def _look(folder: Path) -> _Found:
    if not is_run_folder(folder) or not is_shard(folder):
        raise UserError(
            f"{folder} is not a shard of a run",
            why="there is no such folder" if not folder.exists() else "it was not made by --shard",
            fix="shards are merged with shards; merge datasets without them",
        )
    info = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    told = str(info["arguments"]["shard"])
    shard = read_shard(told) if "/" in told else Shard(0, 1)
    return _Found(folder, shard, info["arguments"], state_of(folder, info))


def _different(one: dict[str, Any], other: dict[str, Any]) -> str:
    from dramaturg.store import differences

    told = [line for line in differences(one, other) if not line.startswith("shard:")]
    return "; ".join(told).replace(" before, ", " in the one, ").replace(" now", " in the other")


def _check_whole(shards: Sequence[_Found], incomplete: bool) -> None:
    """Raises UserError naming what is missing, unless gaps are wanted."""
    if incomplete:
        return
    of = shards[0].shard.of
    there = {one.shard.number for one in shards}
    absent = [f"{n}/{of}" for n in range(1, of + 1) if n not in there]
    cut = [str(one.shard) for one in shards if one.state != "finished"]
    if not absent and not cut:
        return
    said = [f"missing: {_names(absent)}"] * bool(absent) + [f"not finished: {_names(cut)}"] * bool(
        cut
    )
    raise UserError(
        "these shards are not the whole run",
        why="; ".join(said),
        fix="run those shards, or give --incomplete: gaps become dropped rows with their reason",
    )


def _names(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f", ... ({len(names)} in all)" if len(names) > 8 else "")


def _plan(common: _Found, out: Path, personas: str | Path | None) -> Plan:
    """The plan of the whole run, made again from what a shard knows of it."""
    told = common.arguments
    settings = {
        name: value
        for name, value in told["settings"].items()
        if name in find_recipe(told["recipe"]).settings
    }
    people = Path(personas) if personas is not None else kept_personas(common.path)
    if people is not None:
        settings["personas"] = people
    models = [f"{role}={ref}" for role, ref in told["models"].items()]
    return plan(told["recipe"], settings, models, out, limits=Limits(replay=True))
