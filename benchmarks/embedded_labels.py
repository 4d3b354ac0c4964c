"""Hand labels of conversations that the embedded model wrote: written out, read back, counted.

    python benchmarks/embedded.py --to-label read.txt         # conversations to read
    python benchmarks/embedded.py --labelled read.txt marks.txt   # into benchmarks/labels/

`marks.txt` has a line for each turn that is not "none", `CONVERSATION TURN LABEL note`, and one
for each conversation, `CONVERSATION fluency 1-5 note`. Lines that begin with # are skipped.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from benchmarks.embedded_counts import contradicted
from benchmarks.embedded_text import Set, record
from dramaturg.errors import UserError
from dramaturg.models import NLIModel
from dramaturg.models.embedded.shipped import SHIPPED
from dramaturg.records import Conversation

LABELS = Path(__file__).parent / "labels" / "embedded-50.jsonl"

Label = Literal["none", "own_contradiction", "self_contradiction", "partner_confusion", "nonsense"]
NAMES: tuple[str, ...] = get_args(Label)

HEAD = """# Conversations of the embedded model, to be labelled by reading. Weights {weights}.
# In another file, a line for each turn that is not right, and one for each conversation:
#   CONVERSATION TURN LABEL note        CONVERSATION fluency 1-5 note
# own_contradiction   denies a fact of the speaker's own profile
# self_contradiction  denies what the speaker said before (if both: own_contradiction)
# partner_confusion   takes over the partner's life, or gives the partner one's own
# nonsense            means nothing here, or is broken English
# fluency: 5 reads like people, 4 small slips, 3 follows with effort, 2 falls apart, 1 is noise
"""


class LabelledTurn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A turn with what a reader says of it.

    Attributes:
        speaker: 0 or 1.
        fact: The fact in the slot of the turn, or None.
    """

    speaker: Literal[0, 1]
    text: str
    fact: str | None = None
    label: Label = "none"
    note: str = ""


class Labelled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A conversation with its labels.

    Attributes:
        conversation: Its number, from 1.
        weights: First twelve letters of the SHA-256 of the weights that wrote it.
        fluency: 1 to 5, or None while nobody has read it.
    """

    conversation: int
    weights: str
    user_1: tuple[str, ...]
    user_2: tuple[str, ...]
    turns: tuple[LabelledTurn, ...]
    fluency: int | None = None
    note: str = ""

    def talk(self) -> Conversation:
        """As a record."""
        return record(
            f"labelled-{self.conversation}",
            (self.user_1, self.user_2),
            [(turn.speaker, turn.text) for turn in self.turns],
        )


def weights_mark() -> str:
    """First twelve letters of the SHA-256 of the shipped weights."""
    return hashlib.sha256((SHIPPED / "model.npz").read_bytes()).hexdigest()[:12]


def unlabelled(told: Set) -> list[Labelled]:
    """Freshly written conversations, every turn "none"."""
    mark = weights_mark()
    rows = []
    for number, (talk, made) in enumerate(zip(told.talks, told.made, strict=True), start=1):
        facts = [speaker.persona for speaker in talk.speakers]
        turns = tuple(
            LabelledTurn(
                speaker=1 if turn.speaker else 0,
                text=turn.text,
                fact=None if turn.fact is None else facts[turn.speaker][turn.fact],
            )
            for turn in made.turns
        )
        rows.append(
            Labelled(
                conversation=number, weights=mark, user_1=facts[0], user_2=facts[1], turns=turns
            )
        )
    return rows


def to_read(rows: Sequence[Labelled]) -> str:
    """The conversations as text for a reader."""
    lines = [HEAD.format(weights=rows[0].weights if rows else "none")]
    for row in rows:
        lines.append(f"\n== {row.conversation}")
        lines.append(f"   1: {' '.join(row.user_1)}\n   2: {' '.join(row.user_2)}")
        for number, turn in enumerate(row.turns, start=1):
            lines.append(f"{row.conversation} {number:>2} ({turn.speaker + 1}) {turn.text}")
    return "\n".join(lines) + "\n"


def write_to_read(told: Set, path: Path) -> None:
    """Write the text to read, and beside it the same as rows (`path` with .jsonl)."""
    rows = unlabelled(told)
    path.write_text(to_read(rows), encoding="utf-8")
    save(rows, path.with_suffix(".jsonl"))


def save(rows: Sequence[Labelled], path: Path) -> None:
    """One conversation a line."""
    text = "".join(json.dumps(msgspec.to_builtins(row), ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")


def load(path: Path = LABELS) -> list[Labelled]:
    """The labelled conversations.

    Raises:
        UserError: If the file is not there, a line is broken, or a conversation comes twice; the
            line is named.
    """
    if not path.is_file():
        raise UserError(f"there is no file {path}", fix="write one with --to-label and --labelled")
    rows: list[Labelled] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = msgspec.json.decode(line, type=Labelled)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise UserError(f"{path}, line {number} is not a labelled conversation",
                            why=str(error), fix="correct the line") from error  # fmt: skip
        if row.fluency is not None and not 1 <= row.fluency <= 5:
            raise UserError(f"{path}, line {number}: fluency is {row.fluency}", fix="use 1 to 5")
        if any(row.conversation == other.conversation for other in rows):
            raise UserError(f"{path}, line {number}: conversation {row.conversation} comes twice")
        rows.append(row)
    return rows


def labelled(rows: Sequence[Labelled], marks: Path) -> list[Labelled]:
    """The rows with the marks of a reader put in.

    Raises:
        UserError: If a mark cannot be read, names what is not there or comes twice, or a
            conversation has no fluency. Every fault is named with its line.
    """
    faults: list[str] = []
    turns: dict[tuple[int, int], tuple[str, str]] = {}
    whole: dict[int, tuple[int, str]] = {}
    known = {row.conversation: len(row.turns) for row in rows}
    for number, line in enumerate(marks.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        fault = _read_mark(line, known, turns, whole)
        if fault:
            faults.append(f"line {number}: {fault}")
    missing = sorted(set(known) - set(whole))
    if missing:
        faults.append(f"no fluency for {', '.join(map(str, missing))}")
    if faults:
        raise UserError(f"{marks} cannot be used", why="; ".join(faults), fix="correct the lines")
    return [_with_marks(row, turns, whole) for row in rows]


def _read_mark(
    line: str,
    known: dict[int, int],
    turns: dict[tuple[int, int], tuple[str, str]],
    whole: dict[int, tuple[int, str]],
) -> str:
    """Take one line in; the fault, or ""."""
    words = line.split(maxsplit=3)
    if len(words) < 3 or not words[0].isdecimal():
        return "is not CONVERSATION TURN LABEL or CONVERSATION fluency 1-5"
    talk, place, label = int(words[0]), words[1], words[2]
    note = words[3].strip() if len(words) > 3 else ""
    if talk not in known:
        return f"there is no conversation {talk}"
    if place == "fluency":
        if label not in ("1", "2", "3", "4", "5"):
            return f"fluency is {label}, not 1 to 5"
        if talk in whole:
            return f"fluency of {talk} comes twice"
        whole[talk] = (int(label), note)
        return ""
    if not place.isdecimal() or not 1 <= int(place) <= known[talk]:
        return f"conversation {talk} has no turn {place}, it has 1 to {known[talk]}"
    if label not in NAMES:
        return f"{label} is none of {', '.join(NAMES)}"
    if (talk, int(place)) in turns:
        return f"turn {place} of {talk} comes twice"
    turns[talk, int(place)] = (label, note)
    return ""


def _with_marks(
    row: Labelled,
    turns: dict[tuple[int, int], tuple[str, str]],
    whole: dict[int, tuple[int, str]],
) -> Labelled:
    marked = []
    for number, turn in enumerate(row.turns, start=1):
        label, note = turns.get((row.conversation, number), ("none", ""))
        marked.append(msgspec.structs.replace(turn, label=label, note=note))
    fluency, note = whole[row.conversation]
    return msgspec.structs.replace(row, turns=tuple(marked), fluency=fluency, note=note)


def counts(rows: Sequence[Labelled]) -> dict[str, tuple[int, int]]:
    """For each label but "none" the turns and the conversations that have it."""
    turns: Counter[str] = Counter(turn.label for row in rows for turn in row.turns)
    talks: Counter[str] = Counter(
        label for row in rows for label in {turn.label for turn in row.turns}
    )
    return {name: (turns[name], talks[name]) for name in NAMES if name != "none"}


async def agreement(rows: Sequence[Labelled], nli: NLIModel) -> dict[str, tuple[int, int, int]]:
    """How the inference expert agrees with the hand: (both, expert only, hand only).

    By turn, for denials of the profile, of earlier turns, and either; then by conversation for
    either.
    """
    cells = {name: [0, 0, 0] for name in ("own facts", "earlier turns", "either", "conversations")}
    for row in rows:
        found = await contradicted(row.talk(), nli)
        expert = {kind: {turn for turn, what in found if what == kind} for kind in ("own", "self")}
        hand = {
            kind: {n for n, turn in enumerate(row.turns) if turn.label == f"{kind}_contradiction"}
            for kind in ("own", "self")
        }
        for name, kind in (("own facts", "own"), ("earlier turns", "self")):
            _tally(cells[name], expert[kind], hand[kind])
        either_expert = expert["own"] | expert["self"]
        either_hand = hand["own"] | hand["self"]
        _tally(cells["either"], either_expert, either_hand)
        one = {0}
        _tally(
            cells["conversations"], one if either_expert else set(), one if either_hand else set()
        )
    return {name: (both, only, missed) for name, (both, only, missed) in cells.items()}


def _tally(cell: list[int], expert: set[int], hand: set[int]) -> None:
    cell[0] += len(expert & hand)
    cell[1] += len(expert - hand)
    cell[2] += len(hand - expert)


def tables(rows: Sequence[Labelled], agreed: dict[str, tuple[int, int, int]]) -> list[Any]:
    """Rate by hand and agreement, as titled tables."""
    every = sum(len(row.turns) for row in rows)
    by_hand = [["label by hand", "turns", f"of {every:,}", "conversations", f"of {len(rows)}"]]
    for name, (turns, talks) in counts(rows).items():
        by_hand.append(
            [name.replace("_", " "), f"{turns}", f"{turns / max(1, every):.1%}", f"{talks}",
             f"{talks / max(1, len(rows)):.0%}"]
        )  # fmt: skip
    marks = Counter(row.fluency for row in rows if row.fluency is not None)
    read = sum(marks.values())
    mean = sum(mark * n for mark, n in marks.items() if mark) / max(1, read)
    fluency = [["fluency by hand", *map(str, range(1, 6)), "mean"],
               ["conversations", *(f"{marks[n]}" for n in range(1, 6)), f"{mean:.2f}"]]  # fmt: skip
    expert = [["contradicts", "expert and hand", "expert only", "hand only", "precision", "recall"]]
    for what, (both, only, missed) in agreed.items():
        expert.append(
            [what, f"{both}", f"{only}", f"{missed}", _share(both, both + only),
             _share(both, both + missed)]
        )  # fmt: skip
    title = f"Read and labelled by hand: {len(rows)} conversations over made-up people"
    return [
        (title, by_hand),
        ("Fluency, 1 to 5", fluency),
        (
            "The inference expert against the hand labels, by turn (last line: conversations)",
            expert,
        ),
    ]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f} ({part} of {whole})" if whole else "-"
