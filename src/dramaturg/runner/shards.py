"""A run in shards: each makes its share of the pairs in a folder of its own, by hand or on Ray.

    DIR/common/             what all shards share: expanding, composing, pairing; made once
    DIR/shard-003-of-016/   a run folder: the shard's own journal, and a file for each round

A shard has every sixteenth pair. Seeds come from what a pair is, so it makes what the whole run
would have made. The best of one round are the examples of the next over *all* pairs: a shard that
is through with a round therefore needs the others' (`round-1.kept.jsonl.gz`, written in one step
when the round is complete, and never changed). Folders may be shared or copied.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from dramaturg.errors import DramaturgError, PartEnds, RunFolderError, UserError
from dramaturg.recipes.recipe import Recipe, all_recipes
from dramaturg.store import RunFolder, fingerprint, is_run_folder, write_atomically
from dramaturg.store.parts import Kept
from dramaturg.store.run_folder import RUN_FILE

COMMON = "common"
_STEPS = "steps"
_SHARED = "shared.json"


class Shard(msgspec.Struct, frozen=True):
    """Which part of a run: number 1 to `of`; 0 is what all of them share."""

    number: int
    of: int

    @property
    def name(self) -> str:
        """Its folder's name."""
        if not self.number:
            return COMMON
        return f"shard-{self.number:03d}-of-{self.of:03d}"

    def __str__(self) -> str:
        return f"{self.number}/{self.of}" if self.number else "0"


def read_shard(text: str) -> Shard:
    """The shard that "3/16" means. Raises UserError.

    >>> read_shard("3/16").name
    'shard-003-of-016'
    """
    found = re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*", text)
    if found is None or not 0 <= int(found[1]) <= int(found[2]) or not int(found[2]):
        raise UserError(
            f"--shard cannot be {text!r}",
            why="it is the shard's number and how many there are, such as 3/16",
            fix="number them from 1; 0/16 makes only what all shards share",
        )
    return Shard(int(found[1]), int(found[2]))


class _Line(msgspec.Struct, frozen=True):
    """One pair in a file of a round; the last line has no pair and says how many there were."""

    index: int
    pair: str
    body: msgspec.Raw


_lines = msgspec.json.Decoder(_Line)


class ShardPart:
    """One shard at work, as the loop sees it.

    Args:
        home: The folder of all shards.
        personas: The user's file of personas, to be kept with what all shards share.
        folder: Where the shard itself lies while it is worked on; default: in `home`.
    """

    whole = False

    def __init__(
        self, home: Path, shard: Shard, personas: Path | None = None, folder: Path | None = None
    ) -> None:
        self.home, self.shard, self._personas = home, shard, personas
        self.folder = folder or home / shard.name
        self._step = self._count = self._added = 0
        self._of: str = ""
        self._ids: Callable[[int], str] = str
        self._files: list[tuple[IO[bytes], Path]] = []
        self._rounds: dict[int, int] = {}

    # As the runner sees it

    def opened(self, folder: RunFolder) -> None:
        """Checks that the common folder belongs to the same run."""
        self._of = own_fingerprint(folder.arguments)
        if self.shard.number:
            check_same_run(self.home / COMMON, self._of)
        else:
            _keep_personas(self.folder, self._personas)

    @property
    def keeps_records(self) -> bool:
        """Records of rounds that are complete are not made again."""
        return round_file(self.folder, 1).exists()

    def told(self) -> dict[str, Any]:
        """The shard, its pairs, and how many of them are through in each round."""
        mine = len(self._mine())
        return {
            "shard": {"shard": str(self.shard), "pairs": mine, "of_pairs": self._count,
                      "rounds": {str(n): count for n, count in self._rounds.items()}}
        }  # fmt: skip

    def unfinished(self) -> DramaturgError | None:
        """Nothing keeps it from being finished."""
        return None

    # As the loop sees it

    def step(self, name: str) -> bytes | None:
        """A step that was made with what all shards share."""
        self._step += 1
        file = self._step_file(name)
        if file.exists():
            return gzip.decompress(file.read_bytes())
        if self.shard.number:
            raise RunFolderError(
                f"{file} is missing",
                why="it holds what all shards share",
                fix=f"copy the whole folder {COMMON}/, or make it with --shard 0/{self.shard.of}",
            )
        return None

    def keep_step(self, name: str, body: bytes) -> None:
        """A step is made."""
        file = self._step_file(name)
        file.parent.mkdir(exist_ok=True)
        write_atomically(file, gzip.compress(body, 1, mtime=0))

    def begin(self, ids: Callable[[int], str], count: int) -> None:
        """The pairs are known. What all shards share ends here."""
        self._ids, self._count = ids, count
        if not self.shard.number:
            raise PartEnds("what all shards share is made")

    def mine(self, round: int) -> Iterable[int]:
        """The shard's pairs, none where the round is complete."""
        self._close()
        if self._has(self.shard, round):
            self._rounds[round] = len(self._mine())
            return ()
        self._added = 0
        for file in (outcome_file(self.folder, round), round_file(self.folder, round)):
            aside = file.with_name(file.name + ".part")
            aside.unlink(missing_ok=True)  # an earlier session may still have that one open
            packed: Any = gzip.GzipFile(aside, "wb", compresslevel=1, mtime=0)
            self._files.append((packed, file))
        return self._mine()

    def outcome(self, round: int, index: int) -> bytes | None:
        """Nothing is made elsewhere."""
        return None

    def gap(self, round: int, index: int, why: DramaturgError) -> str | None:
        """A shard stops where it cannot go on, and leaves no gap."""
        return None

    def add(self, round: int, item: Kept, outcome: bytes) -> None:
        """A pair is through: a line in each file."""
        kept = item.kept if item.kept is not None else msgspec.Raw(b"null")
        for (file, _), body in zip(self._files, (msgspec.Raw(outcome), kept), strict=True):
            line = _Line(item.index, self._ids(item.index), body)
            file.write(msgspec.json.encode(line) + b"\n")
        self._added += 1
        self._rounds[round] = self._added

    def end_round(self, round: int, *, last: bool) -> Iterable[Kept]:
        """The round of all shards. Raises PartEnds after the last one, or until all are there."""
        if self._files:
            if self._added < len(self._mine()):
                raise PartEnds(
                    f"round {round} of shard {self.shard} is not complete",
                    waits_for=(str(self.shard),),
                    round=round,
                )
            for file, _ in self._files:
                end = _Line(-1, "", msgspec.Raw(str(self._added).encode()))
                file.write(msgspec.json.encode(end) + b"\n")
            self._close(keep=True)
        if last:
            raise PartEnds(f"shard {self.shard} is finished")
        shards = [Shard(n, self.shard.of) for n in range(1, self.shard.of + 1)]
        late = tuple(str(one) for one in shards if not self._has(one, round))
        if late:
            raise PartEnds(
                f"round {round} is done in shard {self.shard}; it waits for {_some(late)}",
                why="the best conversations of all shards are the examples of the next round",
                fix="the same command goes on once their round is in this folder; "
                "--shard-wait SECONDS waits for them",
                waits_for=late,
                round=round,
            )
        return self._all(shards, round)

    def close(self) -> None:
        """The session is over: files of a round that is not complete are of no use."""
        self._close()

    def ends_before(self, round: int) -> str | None:
        """Every round is begun."""
        return None

    def end(self, why: str) -> None:
        """The loop ends early, in all shards alike."""
        raise PartEnds(why)

    def _mine(self) -> range:
        if not self.shard.number:
            return range(0)
        return range(self.shard.number - 1, self._count, self.shard.of)

    def _has(self, shard: Shard, round: int) -> bool:
        return round_file(self._place(shard), round).exists()

    def _place(self, shard: Shard) -> Path:
        return self.folder if shard == self.shard else self.home / shard.name

    def _all(self, shards: Iterable[Shard], round: int) -> Iterator[Kept]:
        seen = bytearray(self._count)
        for shard in shards:
            folder = self._place(shard)
            check_same_run(folder, self._of)
            for index, pair, body in read_round(round_file(folder, round)):
                if not 0 <= index < self._count or self._ids(index) != pair or seen[index]:
                    raise RunFolderError(
                        f"{folder} is of another run, or damaged",
                        why=f"its pair number {index} is not the one of this run",
                        fix="copy that folder again",
                    )
                seen[index] = 1
                yield Kept(index, None if body == b"null" else msgspec.Raw(body))

    def _step_file(self, name: str) -> Path:
        return self.home / COMMON / _STEPS / f"{self._step}-{name}.json.gz"

    def _close(self, *, keep: bool = False) -> None:
        """Close the files of the round; `keep`: they are complete, and moved into place."""
        files, self._files = self._files, []
        for file, place in files:
            file.close()
            if keep:
                aside = place.with_name(place.name + ".part")
                with aside.open("rb") as written:
                    os.fsync(written.fileno())
                os.replace(aside, place)


def round_file(folder: Path, round: int) -> Path:
    """What a shard kept in a round: all that the others need of it. It is there when the round is
    complete."""
    return folder / f"round-{round}.kept.jsonl.gz"


def outcome_file(folder: Path, round: int) -> Path:
    """All that a shard made in a round, for merging."""
    return folder / f"round-{round}.jsonl.gz"


def read_round(file: Path) -> Iterator[tuple[int, str, bytes]]:
    """(index, id of the pair, JSON) of each pair in a file of a round.

    Raises:
        RunFolderError: If the file is not whole.
    """
    count = 0
    try:
        with gzip.open(file, "rb") as lines:
            for line in lines:
                found = _lines.decode(line)
                if found.index < 0:
                    if int(bytes(found.body)) != count:
                        raise ValueError("lines are missing")
                    return
                count += 1
                yield found.index, found.pair, bytes(found.body)
        raise ValueError("its end is missing")
    except (OSError, EOFError, ValueError, msgspec.MsgspecError) as error:
        raise RunFolderError(
            f"{file} is missing, cut off or damaged",
            why=str(error),
            fix="copy the shard's folder again, or remove the file and run the shard again: what "
            "it asked for is in its journal",
        ) from error


def own_fingerprint(arguments: dict[str, Any]) -> str:
    """The fingerprint of the run that a shard is part of."""
    return fingerprint({k: v for k, v in arguments.items() if k != "shard"})


def check_same_run(folder: Path, wanted: str) -> None:
    """Raises RunFolderError if the folder is not of the run of that fingerprint."""
    try:
        info = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
        found = own_fingerprint(info["arguments"])
    except (OSError, ValueError, KeyError) as error:
        raise RunFolderError(
            f"{folder} is not of this run, or not there",
            why=str(error),
            fix="copy it here again, or give another --out",
        ) from error
    if found != wanted:
        raise RunFolderError(
            f"{folder} is of a run with other arguments",
            why="all shards of a run have the same recipe, settings, models and personas",
            fix="give the same arguments to each, or another --out",
        )


def common_is_made(home: Path) -> bool:
    """Whether what all shards share is there."""
    return is_finished(home / COMMON)


def is_finished(folder: Path) -> bool:
    """Whether a shard came to its end."""
    try:
        info = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(info.get("state") == "finished")


def shards_in(home: Path) -> int:
    """How many shards the run in this folder was divided into; 0 = none was begun.

    Raises:
        RunFolderError: If it was divided twice.
    """
    names = (re.fullmatch(r"shard-\d+-of-(\d+)", place.name) for place in home.glob("shard-*"))
    found = {int(name[1]) for name in names if name}
    if len(found) > 1:
        raise RunFolderError(
            f"{home} holds shards of {' and of '.join(map(str, sorted(found)))}",
            fix="move those away that you do not want",
        )
    return next(iter(found), 0)


def _keep_personas(place: Path, given: Path | None) -> None:
    """Puts the file of personas with what all shards share, since merging reads it again."""
    if given is None:
        return
    told = {"personas": str(given.resolve())}
    if given.is_file():
        (place / "personas").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(given, place / "personas" / given.name)
        told = {"personas": f"personas/{given.name}"}
    write_atomically(place / _SHARED, (json.dumps(told) + "\n").encode())


def kept_personas(common: Path) -> Path | None:
    """Where the personas of the run are now; None = the starter people."""
    try:
        told = json.loads((common / _SHARED).read_text(encoding="utf-8"))
    except OSError:
        return None
    return common / str(told["personas"])  # an absolute path stays what it is


def check_shards(of: Recipe) -> None:
    """Raises UserError if a run of this recipe cannot be done in shards."""
    if not of.in_shards:
        able = [name for name, one in all_recipes().items() if one.in_shards]
        raise UserError(
            f"{of.name} cannot be run in shards, nor on Ray",
            why="only recipes whose work is rounds of pairs (loop.improve) are divided so far",
            fix=f"run it whole, or as several runs with a part of the people each "
            f"(--share-limits); these can be divided: {', '.join(able)}",
        )


def check_home(home: Path) -> None:
    """Raises RunFolderError if the folder of the shards is a run folder itself, or a file."""
    if is_run_folder(home) or home.is_file():
        raise RunFolderError(
            f"{home} is a {'run folder' if home.is_dir() else 'file'}, not a folder for shards",
            fix="give another --out; each shard makes a folder of its own in it",
        )


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return f"shard{'s' if len(names) > 1 else ''} {shown}" + (
        f" ({len(names)} in all)" if len(names) > 5 else ""
    )
