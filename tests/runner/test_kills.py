"""kill -9 at a hundred random instants: nothing lost, nothing doubled, little repeated."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runner import kill_many


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
def test_a_hundred_kills_lose_no_row_double_none_and_repeat_only_what_was_in_flight(
    tmp_path: Path,
) -> None:
    ran = subprocess.run(
        [sys.executable, kill_many.__file__, str(tmp_path), "100"],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["kills"] >= 100
    assert told["rows_lost"] == 0
    assert told["rows_or_calls_doubled"] == 0
    assert 0 < told["most_repeated_after_a_kill"] <= told["slots"]
