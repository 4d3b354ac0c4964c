"""Muon for the matrices of the blocks, AdamW for the embedding and the norms."""

# torch may be missing where types are checked: its names are then Any
# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False
# mypy: warn-unused-ignores=False

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from dramaturg.train.embedded.network import Network


def orthogonal(update: Tensor, steps: int = 5) -> Tensor:
    """Each nearest matrix with equal singular values, by five Newton-Schulz steps.

    Args:
        update: `(matrices, rows, columns)`: many of one shape go side by side, which a GPU wants.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = update.bfloat16()
    wide = x.shape[1] <= x.shape[2]
    x = x if wide else x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return (x if wide else x.mT).float()


class Muon(torch.optim.Optimizer):
    """Momentum, made orthogonal, scaled so that AdamW's learning rates fit.

    Source: Jordan et al. 2024, "Muon"; the scale is that of Liu et al. 2025, arXiv:2502.16982.
    """

    def __init__(self, params: Iterable[nn.Parameter], lr: float, decay: float = 0.1) -> None:
        super().__init__(params, {"lr": lr, "decay": decay, "momentum": 0.95})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step for every matrix that has a gradient."""
        for group in self.param_groups:
            alike: dict[torch.Size, list[nn.Parameter]] = {}
            for p in group["params"]:
                if p.grad is not None:
                    alike.setdefault(p.shape, []).append(p)
            for shape, parameters in alike.items():
                updates = orthogonal(
                    torch.stack([self._nudged(p, group["momentum"]) for p in parameters])
                )
                for p, update in zip(parameters, updates, strict=True):
                    p.mul_(1 - group["lr"] * group["decay"])
                    p.add_(update, alpha=-group["lr"] * 0.2 * max(shape) ** 0.5)

    def _nudged(self, p: nn.Parameter, momentum: float) -> Tensor:
        """The gradient with Nesterov momentum."""
        state = self.state[p]
        if not state:
            state["mean"] = torch.zeros_like(p)
        mean: Tensor = state["mean"].lerp_(p.grad, 1 - momentum)
        assert p.grad is not None
        return p.grad.lerp(mean, momentum)


def optimizers(network: Network, lr: float) -> list[torch.optim.Optimizer]:
    """The two optimizers that together move every parameter."""
    matrices = [p for p in network.blocks.parameters() if p.dim() == 2]
    rest = [p for p in network.parameters() if all(p is not m for m in matrices)]
    return [
        Muon(matrices, lr),
        torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.95), weight_decay=0.0),
    ]
