"""What a run's exit code says: done, fell short, interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dramaturg.errors import DramaturgError, Interrupted
from dramaturg.runner.perform import Run


@pytest.mark.parametrize(
    ("state", "made", "makes", "error", "code"),
    [
        ("finished", {"conversations": 3}, "conversations", None, 0),
        ("finished", {"conversations": 0, "people": 9}, "conversations", None, 1),
        ("finished", {"conversations": 0, "texts": 2}, "texts", None, 0),
        ("finished", {"conversations": 3, "texts": 0}, "texts", None, 1),
        ("stopped", {"conversations": 3}, "conversations", DramaturgError("limit"), 1),
        ("stopped", {}, "conversations", Interrupted("stopped"), 130),
    ],
)
def test_a_run_is_done_when_what_it_is_run_for_was_made(
    state: str, made: dict[str, int], makes: str, error: DramaturgError | None, code: int
) -> None:
    report: dict[str, Any] = {"made": made}
    run = Run(Path("x"), state, None, report, False, error, [], makes)
    assert run.exit_code == code
