"""Which runtime computes the embedded network: numpy, or ONNX Runtime where it is asked for.

The setting is the environment variable `DRAMATURG_EMBEDDED_RUNTIME`. It is never guessed from what
is installed, since the two do not write the same bytes.
"""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dramaturg.errors import UserError

if TYPE_CHECKING:
    from dramaturg.models.embedded.formats import Sizes
    from dramaturg.models.embedded.shipped import Array

SETTING = "DRAMATURG_EMBEDDED_RUNTIME"
RUNTIMES = ("numpy", "onnxruntime")
_MOST_THREADS = 4  # products of 16 rows gain nothing from more


class Runtime(Protocol):
    """What the engine asks of a network: see `network.Network`."""

    sizes: Sizes

    def prefill(self, slot: int, ids: list[int], start: int, *, every: bool = False) -> Array: ...

    def decode(self, tokens: dict[int, int], lengths: dict[int, int]) -> Array: ...


def chosen_runtime() -> str:
    """The runtime that the setting names. Raises UserError for one that there is not."""
    name = os.environ.get(SETTING, "").strip() or RUNTIMES[0]
    if name not in RUNTIMES:
        raise UserError(
            f"there is no runtime {name!r} for the embedded model",
            why=f"{SETTING} says so",
            fix=f"use {' or '.join(RUNTIMES)}",
        )
    return name


def runtime_version() -> str:
    """ "" for numpy, else what writes other bytes: name and version. Raises UserError."""
    if chosen_runtime() == "numpy":
        return ""
    try:
        return f"onnxruntime {metadata.version('onnxruntime')}"
    except metadata.PackageNotFoundError as error:
        raise _missing("onnxruntime") from error


def open_runtime(folder: Path | None = None) -> Runtime:
    """The network of a folder of weights (None: the shipped ones) under the chosen runtime.

    Raises:
        UserError: If the runtime is not known, or not installed.
    """
    from dramaturg.models.embedded.shipped import SHIPPED, build_weights, read_parts

    sizes, parts = read_parts(folder or SHIPPED)
    if chosen_runtime() == "numpy":
        from dramaturg.models.embedded.network import Network

        return Network(build_weights(sizes, parts))
    try:
        from dramaturg.models.embedded.onnx_network import OnnxNetwork
    except ModuleNotFoundError as error:
        raise _missing(error.name or "onnxruntime") from error
    return OnnxNetwork(sizes, parts, threads=min(_MOST_THREADS, os.cpu_count() or 1))


def _missing(name: str) -> UserError:
    return UserError(
        f"{name} is not installed",
        why=f"{SETTING} asks for it",
        fix="pip install 'dramaturg[fast]', or unset the variable",
    )
