"""`dramaturg.evaluate` is a room and a word: `dg.evaluate("my-dataset")` measures a dataset.

The room's module is made callable; what it calls lies above it (the runner) and is looked up when
it is called. Type checkers do not know callable modules: they want
`from dramaturg.runner import evaluate_dataset`, the same function.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any


class _Room(types.ModuleType):
    def __call__(self, data: Any, **arguments: Any) -> Any:
        """Measure a dataset; see `dramaturg.runner.evaluate_dataset`."""
        return importlib.import_module("dramaturg.runner").evaluate_dataset(data, **arguments)


def make_callable(room: str) -> None:
    """Let the module of this name be called."""
    sys.modules[room].__class__ = _Room
