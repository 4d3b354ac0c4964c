"""How fast a training run is, and what share of the device's peak that is."""

# torch may be missing where types are checked: its names are then Any

from __future__ import annotations

import time
from collections.abc import Sequence

import torch

from dramaturg.models.embedded.formats import Sizes

PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L4": 121e12, "4090": 165e12}
"""Dense bf16 operations a second by the makers' data sheets, by a word of the device's name."""


def training_flops(sizes: Sizes, tokens: int, length: int) -> float:
    """Floating-point operations of one forward and backward pass, without recomputation.

    Six for each weight and token (embedding look-up left out, output layer counted), and
    6 x layers x heads x head x length for causal attention.

    Args:
        tokens: Of all sequences together, padding left out.
        length: Of one sequence.

    Source: Hoffmann et al. 2022, arXiv:2203.15556, appendix F, halved for causal attention.
    """
    s = sizes
    layer = s.width * (s.heads + 2 * s.kv_heads) * s.head + s.heads * s.head * s.width
    layer += 3 * s.width * s.feed
    matrices = s.layers * layer + s.vocabulary * s.width
    return 6.0 * tokens * (matrices + s.layers * s.heads * s.head * length)


def peak(device: str) -> tuple[float, str]:
    """Operations a second that the device could do at best, and where the number is from."""
    if device == "cuda":
        name = torch.cuda.get_device_name()
        for part, flops in PEAKS.items():
            if part in name.split() and not {"PCIe", "Laptop"} & set(name.split()):
                return flops, f"{name}, data sheet, bf16 dense"
    size = 8192 if device == "cuda" else 1024
    a = torch.randn(size, size, dtype=torch.bfloat16, device=device)
    best = 0.0
    for _ in range(4):
        began = time.perf_counter()
        b = a @ a
        float(b[0, 0])  # waits for the device
        best = max(best, 2.0 * size**3 / (time.perf_counter() - began))
    return best, f"a bf16 product of {size:,} x {size:,} on this {device}, best of four"


class Pace:
    """Tokens and operations a second since the last line of the log."""

    def __init__(self, sizes: Sizes, device: str) -> None:
        self.sizes = sizes
        self.peak, self.peak_of = peak(device)
        self.flops, self.tokens = 0.0, 0
        self.restart()

    def restart(self) -> None:
        """Begin a new lap; time spent on something else does not count."""
        self.flops, self.tokens, self.began = 0.0, 0, time.perf_counter()

    def add(self, tokens: int, shape: Sequence[int]) -> None:
        """Count one batch of this `(sequences, length)`."""
        self.tokens += tokens
        self.flops += training_flops(self.sizes, tokens, shape[1])

    def lap(self) -> dict[str, float]:
        """`tokens_per_s` and `of_peak` (0 to 1) of this lap; the next one begins."""
        seconds = max(1e-9, time.perf_counter() - self.began)
        found = {
            "tokens_per_s": round(self.tokens / seconds),
            "of_peak": round(self.flops / seconds / self.peak, 4),
        }
        self.restart()
        return found
