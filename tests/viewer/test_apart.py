"""The viewer stands apart from the models, and starts without what it does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.viewer.stage import make_run

_LOOK = """
import sys
from pathlib import Path
from dramaturg.viewer import Guard, Source, Viewer
source = Source.open(sys.argv[1], cache=Path(sys.argv[2]))
Viewer([source]).app(Guard())
source.close()
print(" ".join(sys.modules))
"""


def test_a_run_opens_without_an_endpoint_a_recipe_or_a_heavy_library(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    words = [sys.executable, "-c", _LOOK, str(run), str(tmp_path / "cache")]
    ran = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    loaded = set(ran.stdout.split())
    for name in (
        "dramaturg.models.endpoint", "dramaturg.models.openai_compatible",
        "dramaturg.models.embedded", "dramaturg.models.experts", "dramaturg.recipes",
        "dramaturg.runner", "numpy", "pyarrow", "torch",
    ):  # fmt: skip
        assert name not in loaded, name
