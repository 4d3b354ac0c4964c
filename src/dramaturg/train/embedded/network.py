"""The embedded language model as a torch module, for training only.

The numpy twin that ships is `dramaturg.models.embedded.network`; both read the same sizes.
"""

# torch may be missing where types are checked: its names are then Any
# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False
# mypy: warn-unused-ignores=False

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dramaturg.models.embedded.formats import Sizes


def rope_table(sizes: Sizes) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the rotary positions, each of shape `(context, head // 2)`."""
    half = sizes.head // 2
    rates = sizes.rope_base ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = torch.arange(sizes.context, dtype=torch.float64)[:, None] * rates[None]
    return angles.cos().float(), angles.sin().float()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the two halves of each head by its position; x is `(batch, heads, time, head)`."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1)


class Block(nn.Module):
    """One layer: attention and a gated feed-forward net, each behind an RMS norm."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        width = (sizes.heads + 2 * sizes.kv_heads) * sizes.head
        self.attention_norm = nn.Parameter(torch.ones(sizes.width))
        self.qkv = nn.Linear(sizes.width, width, bias=False)
        self.out = nn.Linear(sizes.heads * sizes.head, sizes.width, bias=False)
        self.feed_norm = nn.Parameter(torch.ones(sizes.width))
        self.gate_up = nn.Linear(sizes.width, 2 * sizes.feed, bias=False)
        self.down = nn.Linear(sizes.feed, sizes.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        s = self.sizes
        batch, time, _ = x.shape
        h = F.rms_norm(x, (s.width,), self.attention_norm.to(x.dtype), s.norm_eps)
        qkv = self.qkv(h).view(batch, time, s.heads + 2 * s.kv_heads, s.head).transpose(1, 2)
        q, k, v = qkv.split((s.heads, s.kv_heads, s.kv_heads), dim=1)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        k = k.repeat_interleave(s.heads // s.kv_heads, dim=1)
        v = v.repeat_interleave(s.heads // s.kv_heads, dim=1)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, time, -1))
        h = F.rms_norm(x, (s.width,), self.feed_norm.to(x.dtype), s.norm_eps)
        gate, up = self.gate_up(h).chunk(2, dim=-1)
        return x + self.down(F.silu(gate) * up)


class Network(nn.Module):
    """Token ids in, hidden states out; logits share the embedding matrix."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.embedding = nn.Embedding(sizes.vocabulary, sizes.width)
        self.blocks = nn.ModuleList(Block(sizes) for _ in range(sizes.layers))
        self.norm = nn.Parameter(torch.ones(sizes.width))
        cos, sin = rope_table(sizes)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        nn.init.normal_(self.embedding.weight, std=0.02)
        for name, parameter in self.blocks.named_parameters():
            if parameter.dim() == 2:
                last = name.endswith(("out.weight", "down.weight"))
                scale = (2 * sizes.layers) ** -0.5 if last else 1.0
                nn.init.normal_(parameter, std=0.02 * scale)

    def forward(self, ids: Tensor) -> Tensor:
        """Hidden states after the last norm, `(batch, time, width)`, for ids `(batch, time)`."""
        low = torch.is_autocast_enabled(ids.device.type)
        x = self.embedding(ids).to(torch.bfloat16 if low else None)
        cos, sin = self.cos[: ids.shape[1]].to(x.dtype), self.sin[: ids.shape[1]].to(x.dtype)
        for block in self.blocks:
            x = block(x, cos, sin)
        return F.rms_norm(x, (self.sizes.width,), self.norm.to(x.dtype), self.sizes.norm_eps)

    def loss(
        self, ids: Tensor, weights: Tensor, chosen: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Weighted sum of the next-token losses in nats, and the sum of the weights.

        Args:
            ids: `(batch, time)`, padded at the right.
            weights: Same shape; the weight of predicting this token, 0 for padding and context.
            chosen: Places of the weights that are not 0, first column left out, flattened; None
                finds them, for which a GPU has to be waited.
        """
        hidden = self(ids[:, :-1])
        weights = weights[:, 1:].reshape(-1)
        if chosen is None:
            chosen = weights.nonzero().squeeze(1)
        hidden = hidden.reshape(-1, self.sizes.width)[chosen]
        targets = ids[:, 1:].reshape(-1)[chosen]
        total: Tensor = CrossEntropy.apply(
            hidden, self.embedding.weight, targets, weights[chosen], torch.is_grad_enabled()
        )
        return total, weights[chosen].sum()


class CrossEntropy(torch.autograd.Function):
    """Output layer and cross-entropy in slices of rows, gradient made on the way forward.

    The full table of logits (tokens x vocabulary) would cost more time than all matrix products.
    """

    @staticmethod
    def forward(ctx, hidden, embedding, targets, weights, needs_grad):  # type: ignore
        table = embedding.to(hidden.dtype)
        total = torch.zeros((), device=hidden.device)
        rows = 16_384 if hidden.device.type == "cuda" else 512  # a busy GPU, or a filled cache
        grad_hidden, grad_table = torch.empty_like(hidden), torch.zeros_like(embedding)
        for start in range(0, len(hidden), rows):
            part = slice(start, start + rows)
            h, t, w = hidden[part], targets[part], weights[part]
            logp = (h @ table.T).float().log_softmax(-1)
            total -= (logp.gather(1, t[:, None])[:, 0] * w).sum()
            if needs_grad:
                slope = logp.exp_()
                slope[torch.arange(len(t), device=t.device), t] -= 1.0
                slope = slope.mul_(w[:, None]).to(hidden.dtype)
                grad_hidden[part] = slope @ table
                grad_table += slope.T @ h
        ctx.save_for_backward(grad_hidden, grad_table)
        return total

    @staticmethod
    def backward(ctx, scale):  # type: ignore
        grad_hidden, grad_table = ctx.saved_tensors
        return grad_hidden * scale, grad_table * scale, None, None, None
