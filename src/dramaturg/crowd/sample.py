"""Some of many people: at random, or so that they look like a target."""

from __future__ import annotations

import hashlib
import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dramaturg.crowd.made import Made, Target, target
from dramaturg.crowd.rake import Marginals, Raked, checked, rake, read_target, value_of
from dramaturg.crowd.rows import Row, json_line, read
from dramaturg.errors import UserError
from dramaturg.records import derive_seed

Cell = tuple[str, ...]


def sample(
    source: str | Path,
    out: str | Path,
    n: int | None = None,
    *,
    to: str | Path | Marginals | None = None,
    seed: int = 13,
    force: bool = False,
) -> Made:
    """Write n people drawn at random, with a target so that its marginals hold; or weights.

    Without `n` everybody is written, with the `weight` that makes them look like the target. Who
    is drawn depends on the seed and on what a row says, never on the order of rows. The source is
    read twice, for a sample three times; memory holds the cells and who is drawn.

    Args:
        n: How many; nobody is drawn twice.
        to: Marginals, or their file (`read_target`). People of whom a variable is not known, or
            whose category the target lacks, are left out.

    Raises:
        UserError: If neither n nor a target is given, the target cannot be met, or there are fewer
            than n people for it; it says then how many there are.
    """
    if n is None and to is None:
        raise UserError("a sample has a size or a target", fix="give -n N, --to FILE, or both")
    if n is not None and n < 1:
        raise UserError(f"{n} people cannot be drawn", fix="give -n 1 or more")
    wanted: Marginals = {}
    if to is not None:
        wanted = checked(to) if isinstance(to, Mapping) else read_target(to)
    with target(source, out, "sample", force, adds="" if n else "a weight") as place:
        cells: Counter[Cell] = Counter()
        for row in read(source):
            if isinstance(row, Row):
                cell, why = _cell(row, wanted)
                if not why:
                    cells[cell] += 1
        if not cells:
            raise UserError(
                f"{source} holds nobody whom the target speaks of" if wanted
                else f"{source} holds no person",
                fix="see `dramaturg personas stats` for the fields that rows have",
            )  # fmt: skip
        raked = rake(cells, wanted)
        sizes = None if n is None else _sizes(cells, raked, n)
        _write(source, place, wanted, raked, sizes, seed)
        place.made.figures = _figures(cells, raked, wanted, sizes)
        place.made.read = place.made.kept + place.made.dropped.total()
    return place.made


def _cell(row: Row, wanted: Marginals) -> tuple[Cell, str]:
    """The cell that a person is in, or why the target does not speak of them."""
    cell = []
    for variable, shares in wanted.items():
        value = value_of(row.fields, variable, shares)
        if value is None:
            return (), f"no value: of {variable}"
        if value not in shares:
            return (), f"not in the target: {variable} is {value!r}"
        cell.append(value)
    return tuple(cell), ""


def _sizes(cells: Mapping[Cell, int], raked: Raked, n: int) -> dict[Cell, int]:
    """People of each cell, by largest remainders; together n."""
    total = sum(cells.values())
    share = {cell: raked.weights[cell] * count / total for cell, count in cells.items()}
    most = min((count / share[c] for c, count in cells.items() if share[c] > 0), default=0.0)
    if n > most + 1e-6:
        tight = min((c for c in cells if share[c] > 0), key=lambda c: cells[c] / share[c])
        who = ", ".join(tight)
        raise UserError(
            f"only {math.floor(most + 1e-6):,} people can be drawn for this, not {n:,}",
            why=f"there are {cells[tight]:,} of {who!r}, who are {100 * share[tight]:.2f} % of "
            "the target" if who else "there are no more",
            fix="ask for fewer, add such people, or leave -n away and use the weights",
        )  # fmt: skip
    sizes = {cell: math.floor(n * part + 1e-9) for cell, part in share.items()}
    left = n - sum(sizes.values())
    order = sorted(share, key=lambda cell: (sizes[cell] - n * share[cell], cell))
    for cell in [c for c in order if sizes[c] < cells[c]][:left]:
        sizes[cell] += 1
    return sizes


def _write(
    source: str | Path, to: Target, wanted: Marginals, raked: Raked,
    sizes: Mapping[Cell, int] | None, seed: int,
) -> None:  # fmt: skip
    drawn = _drawn(source, wanted, sizes, seed) if sizes is not None else None
    for place, row in enumerate(read(source)):
        if not isinstance(row, Row):
            to.bad(row)
            continue
        cell, why = _cell(row, wanted)
        if why:
            to.drop(row.line, why, row.text)
        elif drawn is None:
            to.keep(row, weight=round(raked.weights[cell], 6))
        elif place in drawn:
            to.keep(row)
        else:
            to.made.dropped["not drawn"] += 1


def _drawn(source: str | Path, wanted: Marginals, sizes: Mapping[Cell, int], seed: int) -> set[int]:
    """The places of those drawn: in each cell those whose hash is least."""
    key = derive_seed(seed, "people").to_bytes(8, "big")
    held: dict[Cell, list[tuple[int, int]]] = defaultdict(list)
    for place, row in enumerate(read(source)):
        if not isinstance(row, Row):
            continue
        cell, why = _cell(row, wanted)
        size = sizes.get(cell, 0)
        if why or not size:
            continue
        said = row.raw if row.raw is not None else json_line(row.value)
        digest = hashlib.blake2b(said, digest_size=8, key=key).digest()
        entry = (-int.from_bytes(digest, "big"), -place)
        if len(held[cell]) < size:
            heapq.heappush(held[cell], entry)
        else:
            heapq.heappushpop(held[cell], entry)
    return {-place for entries in held.values() for _, place in entries}


def _figures(
    cells: Mapping[Cell, int], raked: Raked, wanted: Marginals, sizes: Mapping[Cell, int] | None
) -> dict[str, Any]:
    people = sum(cells.values())
    figures: dict[str, Any] = {"people": people}
    if not wanted:
        return figures
    figures |= {
        "design_effect": round(raked.design_effect, 4),
        "effective_sample_size": round(raked.effective, 1),
        "rounds": raked.rounds,
        "marginals": {},
    }
    total = sum(sizes.values()) if sizes is not None else people
    for n, (variable, shares) in enumerate(wanted.items()):
        before: Counter[str] = Counter()
        after: dict[str, float] = defaultdict(float)
        for cell, count in cells.items():
            before[cell[n]] += count
            now = sizes[cell] if sizes is not None else count * raked.weights[cell]
            after[cell[n]] += now
        figures["marginals"][variable] = {
            category: {
                "target": round(share, 4),
                "before": round(before[category] / people, 4),
                "after": round(after[category] / total, 4),
                "n": before[category],
            }
            for category, share in shares.items()
        }
    return figures
