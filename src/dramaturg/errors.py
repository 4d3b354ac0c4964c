"""Every exception that Dramaturg raises, drawn as a tree.

DramaturgError              what happened, why, and what to do
├── UserError               the caller's mistake: printed without a traceback, exit code 2
│   └── RunFolderError      the output folder is held, foreign, or was made with other arguments
├── BackendError            a model or endpoint failed; `retryable`: trying again can help
│   └── OutOfBudget         a limit the user set was reached; the run can be resumed
├── RecordError             one bad row: it is dropped with this reason and the run goes on
│   ├── ReplyError          a model's reply could not be read; `kind` is its class in the report
│   └── NotJudged           a scorer has nothing to say of this row; `kind` says why
├── Interrupted             the user stopped the run; what is finished is kept
└── PartEnds                one part of a run has done what it can; the others are done elsewhere
"""

from __future__ import annotations

from typing import Any


class DramaturgError(Exception):
    """An error that tells what happened, why, and what to do about it.

    Attributes:
        what: One sentence: what happened.
        why: One clause: the cause, or "" where `what` says it.
        fix: One clause: what the reader can do, or "".
    """

    exit_code = 1

    def __init__(self, what: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix

    def __str__(self) -> str:
        lines = [self.what]
        if self.why:
            lines.append(f"  why: {self.why}")
        if self.fix:
            lines.append(f"  fix: {self.fix}")
        return "\n".join(lines)


class UserError(DramaturgError):
    """The caller's mistake: a missing file, an unknown option, a model that cannot do the task."""

    exit_code = 2


class RunFolderError(UserError):
    """The output folder cannot be used: held by a process, foreign, or of another run."""


class BackendError(DramaturgError):
    """A model or an endpoint failed.

    Attributes:
        retryable: Whether the same call may succeed later.
        kind: A short class for reports, e.g. "timeout", "rate limit", "connection", "auth".
        wait_s: Seconds that the endpoint asked to wait before the next try; None = it did not say.
    """

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        fix: str = "",
        retryable: bool = False,
        kind: str = "backend",
    ) -> None:
        super().__init__(what, why=why, fix=fix)
        self.retryable = retryable
        self.kind = kind
        self.wait_s: float | None = None


class OutOfBudget(BackendError):
    """A limit that the user set (calls, tokens, money) was reached."""

    def __init__(self, what: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(what, why=why, fix=fix, retryable=False, kind="budget")


class RecordError(DramaturgError):
    """One row is bad: a malformed record, an impossible value, a reply that cannot be read.

    Attributes:
        cost: What was paid before it was known, None for nothing.
    """

    cost: Any = None


class ReplyError(RecordError):
    """A model's reply cannot be used as it is.

    Attributes:
        kind: The class that the report counts it under, e.g. "empty", "refusal", "no turns".
    """

    def __init__(self, what: str, *, kind: str, why: str = "", fix: str = "") -> None:
        super().__init__(what, why=why, fix=fix)
        self.kind = kind


class NotJudged(RecordError):
    """A scorer has nothing to say of a conversation: it lacks what the scorer looks at.

    Attributes:
        kind: The class that the report counts it under, e.g. "no persona", "one speaker".
    """

    def __init__(
        self, what: str, *, kind: str, why: str = "", fix: str = "", cost: Any = None
    ) -> None:
        super().__init__(what, why=why, fix=fix)
        self.kind, self.cost = kind, cost


class Interrupted(DramaturgError):
    """The run was stopped by the user; everything finished is in the journal."""

    exit_code = 130


class PartEnds(DramaturgError):
    """One part of a run has done what it can without the others.

    Attributes:
        waits_for: The parts that are not so far; empty = this part is finished.
        round: The round whose end it waits for.
    """

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        fix: str = "",
        waits_for: tuple[str, ...] = (),
        round: int = 0,
    ) -> None:
        super().__init__(what, why=why, fix=fix)
        self.waits_for, self.round = waits_for, round
