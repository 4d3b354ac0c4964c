"""The network as an ONNX graph with the shipped 8-bit integers as its weights.

Packed queries, keys and values go through ONNX Runtime's grouped-query attention, over a key-value
cache that is written in place, with the rotary positions inside it. Weights stay the integers that
are stored, one scale for each row; an activation is cut to 8 bits block by block within its own
row, so a row's numbers do not depend on its neighbours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from dramaturg.models.embedded.formats import Sizes

BLOCK = 128  # weights of a row that share a scale in the graph; a row is filled up to a multiple
_ZERO = 128  # what stands for 0 in unsigned bytes
_MS = "com.microsoft"


class Graph:
    """Builds a model; a subclass may compute its products another way.

    Its inputs are `ids` (rows, time), `lengths` (rows,): the length of each sequence after the
    step, less one, `longest` (1,): the largest of these lengths, and for each layer `N.keys.in` and
    `N.values.in` (rows, kv_heads, context, head). Its outputs are `logits` (rows, time, vocabulary)
    and the caches again, to be bound to the memory of the inputs.

    Args:
        parts: Arrays by name, as `model.npz` holds them.
    """

    def __init__(self, sizes: Sizes, parts: dict[str, NDArray[Any]]) -> None:
        self.sizes, self.parts = sizes, parts
        self.nodes: list[Any] = []
        self.stored: list[Any] = []
        self.inputs = [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["rows", "time"]),
            helper.make_tensor_value_info("lengths", TensorProto.INT32, ["rows"]),
            helper.make_tensor_value_info("longest", TensorProto.INT32, [1]),
        ]
        self.outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)]

    def build(self) -> bytes:
        """The serialised model."""
        s = self.sizes
        half = s.head // 2
        angles = np.arange(s.context)[:, None] * s.rope_base ** (-np.arange(half) / half)
        self.cos = self.keep("cos", np.cos(angles).astype(np.float32))
        self.sin = self.keep("sin", np.sin(angles).astype(np.float32))
        table = self.parts["embedding"].astype(np.float32) * self.scale("embedding")[:, None]
        x, added = self.node("Gather", [self.keep("table", table), "ids"], "x"), ""
        for number in range(s.layers):
            x, added = self._layer(number, x, added)
        last, _ = self._normed(x, added, "norm")
        self.product(last, "embedding", "logits")
        graph = helper.make_graph(self.nodes, "embedded", self.inputs, self.outputs, self.stored)
        imports = [helper.make_opsetid("", 18), helper.make_opsetid(_MS, 1)]
        model: onnx.ModelProto = helper.make_model(graph, opset_imports=imports, ir_version=9)
        return bytes(model.SerializeToString())

    def keep(self, name: str, array: NDArray[Any]) -> str:
        """Store an array in the graph."""
        self.stored.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(self, kind: str, inputs: list[str], *outputs: str, **settings: Any) -> str:
        """Add a step; returns the name of its first output."""
        self.nodes.append(helper.make_node(kind, inputs, list(outputs), **settings))
        return outputs[0]

    def _layer(self, n: int, x: str, added: str) -> tuple[str, str]:
        """One layer on `x + added`; returns two parts whose sum is its result."""
        s = self.sizes
        h, x = self._normed(x, added, f"{n}.attention_norm")
        qkv = self.product(h, f"{n}.qkv", f"{n}.q")
        shape: list[str | int] = ["rows", s.kv_heads, "room", s.head]
        for kind in ("keys", "values"):
            for way, told in (("in", self.inputs), ("out", self.outputs)):
                name = f"{n}.{kind}.{way}"
                told.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        caches = [f"{n}.keys.in", f"{n}.values.in"]
        mixed = self.node(
            "GroupQueryAttention",
            [qkv, "", "", *caches, "lengths", "longest", self.cos, self.sin],
            *(f"{n}.mixed", f"{n}.keys.out", f"{n}.values.out"),
            **{"domain": _MS, "num_heads": s.heads, "kv_num_heads": s.kv_heads},
            **{"do_rotary": 1, "scale": s.head**-0.5},
        )
        h, x = self._normed(x, self.product(mixed, f"{n}.out", f"{n}.o"), f"{n}.feed_norm")
        both = self.product(h, f"{n}.gate_up", f"{n}.both")
        self.node("Split", [both], f"{n}.gate", f"{n}.up", axis=-1, num_outputs=2)
        gate = self.node("QuickGelu", [f"{n}.gate"], f"{n}.open", domain=_MS, alpha=1.0)
        fed = self.node("Mul", [gate, f"{n}.up"], f"{n}.fed")
        return x, self.product(fed, f"{n}.down", f"{n}.back")

    def _normed(self, x: str, added: str, scale: str) -> tuple[str, str]:
        """`x + added`, normed and as it is."""
        weight = self.keep(f"{scale}.weight", self.parts[scale].astype(np.float32))
        out, eps = f"{scale}.out", self.sizes.norm_eps
        if not added:
            self.node("SimplifiedLayerNormalization", [x, weight], out, epsilon=eps, axis=-1)
            return out, x
        self.node(
            "SkipSimplifiedLayerNormalization", [x, added, weight], out, "", "", f"{scale}.sum",
            domain=_MS, epsilon=eps,
        )  # fmt: skip
        return out, f"{scale}.sum"

    def product(self, x: str, name: str, out: str) -> str:
        """`x` times a stored matrix of shape (out, in)."""
        rows, width = self.parts[name].shape
        blocks = -(-width // BLOCK)
        packed = np.full((rows, blocks * BLOCK), _ZERO, np.uint8)
        packed[:, :width] = (self.parts[name].astype(np.int16) + _ZERO).astype(np.uint8)
        scales = np.repeat(self.scale(name), blocks)
        given = [
            self.keep(f"{name}.packed", packed.reshape(rows, blocks, BLOCK)),
            self.keep(f"{name}.scales", scales),
        ]
        settings = {"K": width, "N": rows, "bits": 8, "block_size": BLOCK, "accuracy_level": 4}
        return self.node("MatMulNBits", [x, *given], out, domain=_MS, **settings)

    def scale(self, name: str) -> NDArray[np.float32]:
        """The scale of each row of a stored matrix."""
        scale: NDArray[np.float32] = self.parts[f"{name}.scale"].astype(np.float32)
        return scale
