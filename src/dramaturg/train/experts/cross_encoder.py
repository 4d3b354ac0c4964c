"""The network of the inference expert in PyTorch: a BERT encoder over both texts at once.

Source: Devlin et al. 2019 (encoder and pair input); Wang et al. 2020, "MiniLM". Starts from the
weights of all-MiniLM-L6-v2 (Apache-2.0). The rows of the last layer are averaged. GELU in its
tanh form, as the runtime without PyTorch computes it.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

WIDTH, HEADS, LAYERS, INNER, POSITIONS = 384, 12, 6, 1536, 512
VOCABULARY = 30_522


class Layer(nn.Module):  # type: ignore[misc, unused-ignore]
    """Attention and feed-forward, each followed by its norm."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm_1 = nn.LayerNorm(WIDTH, eps=1e-12)
        self.up = nn.Linear(WIDTH, INNER)
        self.down = nn.Linear(INNER, WIDTH)
        self.norm_2 = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: torch.Tensor, mask: torch.Tensor, dropout: float) -> torch.Tensor:
        batch, length, _ = x.shape
        parts = self.qkv(x).view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        heads = F.scaled_dot_product_attention(*parts.unbind(0), attn_mask=mask)
        mixed = self.out(heads.transpose(1, 2).reshape(batch, length, WIDTH))
        x = self.norm_1(x + F.dropout(mixed, dropout, self.training))
        grown = self.down(F.gelu(self.up(x), approximate="tanh"))
        return self.norm_2(x + F.dropout(grown, dropout, self.training))


class CrossEncoder(nn.Module):  # type: ignore[misc, unused-ignore]
    """Ids of both texts in, three scores out."""

    def __init__(self, layers: int = LAYERS) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, WIDTH)
        self.places = nn.Embedding(POSITIONS, WIDTH)
        self.sides = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.head = nn.Linear(WIDTH, 3)

    def forward(
        self, ids: torch.Tensor, sides: torch.Tensor, mask: torch.Tensor, dropout: float = 0.0
    ) -> torch.Tensor:
        """`ids` and `sides` `(batch, length)`, `mask` the same with True for real pieces."""
        places = torch.arange(ids.shape[1], device=ids.device)
        x = self.norm(self.words(ids) + self.places(places) + self.sides(sides))
        x = F.dropout(x, dropout, self.training)
        seen = mask[:, None, None, :]
        for layer in self.layers:
            x = layer(x, seen, dropout)
        weight = mask[..., None].to(x.dtype)
        pooled = (x * weight).sum(1) / weight.sum(1)
        return self.head(F.dropout(pooled, dropout, self.training))


def pretrained(folder: Path) -> CrossEncoder:
    """A fresh head on the encoder stored in `folder/model.safetensors`."""
    stored = read_safetensors(folder / "model.safetensors")
    net = CrossEncoder()
    new: dict[str, torch.Tensor] = {}

    def take(mine: str, theirs: str) -> None:
        new[mine] = torch.from_numpy(stored[theirs].copy())

    take("words.weight", "embeddings.word_embeddings.weight")
    take("places.weight", "embeddings.position_embeddings.weight")
    take("sides.weight", "embeddings.token_type_embeddings.weight")
    take("norm.weight", "embeddings.LayerNorm.weight")
    take("norm.bias", "embeddings.LayerNorm.bias")
    for i in range(LAYERS):
        old = f"encoder.layer.{i}."
        for kind in ("weight", "bias"):
            new[f"layers.{i}.qkv.{kind}"] = torch.cat(
                [
                    torch.from_numpy(stored[f"{old}attention.self.{part}.{kind}"].copy())
                    for part in ("query", "key", "value")
                ]
            )
            take(f"layers.{i}.out.{kind}", f"{old}attention.output.dense.{kind}")
            take(f"layers.{i}.norm_1.{kind}", f"{old}attention.output.LayerNorm.{kind}")
            take(f"layers.{i}.up.{kind}", f"{old}intermediate.dense.{kind}")
            take(f"layers.{i}.down.{kind}", f"{old}output.dense.{kind}")
            take(f"layers.{i}.norm_2.{kind}", f"{old}output.LayerNorm.{kind}")
    net.load_state_dict(new, strict=False)
    nn.init.normal_(net.head.weight, std=0.02)
    nn.init.zeros_(net.head.bias)
    return net


def read_safetensors(path: Path) -> dict[str, NDArray[np.float32]]:
    """The float32 arrays of a safetensors file by name; other types are left out."""
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    body = raw[8 + size :]
    found = {}
    for name, entry in json.loads(raw[8 : 8 + size]).items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            first, last = entry["data_offsets"]
            found[name] = np.frombuffer(body[first:last], np.float32).reshape(entry["shape"])
    return found
