"""The front door: `import dramaturg` is quick, light, and lists everything it has."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import dramaturg

ROOT = Path(__file__).parents[1]
HEAVY = {"numpy", "pyarrow", "aiohttp", "torch", "msgspec", "fastcluster", "click"}


def test_every_listed_name_is_there_and_none_is_unlisted() -> None:
    assert sorted(dramaturg.__all__) == dir(dramaturg)
    for name in dramaturg.__all__:
        assert getattr(dramaturg, name) is not None


def test_importing_dramaturg_loads_no_heavy_library() -> None:
    code = "import sys, dramaturg; print(' '.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert not HEAVY & {name.partition(".")[0] for name in loaded.stdout.split()}


def test_importing_dramaturg_takes_less_than_150_ms() -> None:
    best = min(_seconds([sys.executable, "-c", "import dramaturg"]) for _ in range(5))
    assert best < 0.15


def test_help_takes_less_than_400_ms() -> None:
    best = min(_seconds([sys.executable, "-m", "dramaturg", "--help"]) for _ in range(5))
    assert best < 0.4


def test_browser_tests_that_are_skipped_are_told_at_the_end() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/viewer/test_browser.py", "-p", "no:cacheprovider"],
        check=False, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PATH": ""},
    )  # fmt: skip
    assert "NOT TESTED IN A BROWSER: tests/viewer/test_browser.py: no" in told.stdout, told.stdout
    assert "no Chromium on the PATH" in told.stdout or "not installed" in told.stdout


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def test_the_loop_and_the_scorers_import_no_numpy() -> None:
    code = "import sys; from dramaturg import loop, scorers; print('numpy' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
