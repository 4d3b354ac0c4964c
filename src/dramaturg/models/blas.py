"""One thread for numpy's matrix products.

Products of a few rows gain nothing from more threads, threads that spin for a core under load cost
twenty times the work, and one thread gives the same bytes on every machine of one kind.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np

_NAMES = (
    "scipy_openblas_set_num_threads64_",
    "scipy_openblas_set_num_threads",
    "openblas_set_num_threads64_",
    "openblas_set_num_threads",
)


def use_one_thread() -> bool:
    """Tell numpy's OpenBLAS to use one thread; False when its BLAS is another one."""
    package = Path(np.__file__).parent
    for folder in (package.parent / "numpy.libs", package / ".dylibs", package / ".libs"):
        for path in sorted(folder.glob("*openblas*")):
            library = ctypes.CDLL(str(path))
            for name in _NAMES:
                if hasattr(library, name):
                    getattr(library, name)(1)
                    return True
    return False
