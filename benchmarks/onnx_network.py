"""The embedded network under ONNX Runtime with other matrix products than the shipped one's."""

from __future__ import annotations

import numpy as np

from dramaturg.models.embedded.onnx_graph import Graph

_MS = "com.microsoft"


class Float(Graph):
    """Plain float32 products."""

    def product(self, x: str, name: str, out: str) -> str:
        whole = self.parts[name].astype(np.float32) * self.scale(name)[:, None]
        return self.node("MatMul", [x, self.keep(f"{name}.whole", whole.T)], out)


class FourBits(Graph):
    """Weights in 4 bits, a scale for each 32 of a row; activations in 8 bits by block."""

    def product(self, x: str, name: str, out: str) -> str:
        whole = self.parts[name].astype(np.float32) * self.scale(name)[:, None]
        rows, width = whole.shape
        cut = whole.reshape(rows, width // 32, 32)
        scales = (np.maximum(np.abs(cut).max(-1), 1e-8) / 7).astype(np.float32)
        q = (np.clip(np.rint(cut / scales[..., None]), -8, 7) + 8).astype(np.uint8)
        packed = self.keep(f"{name}.packed", q[..., 0::2] | (q[..., 1::2] << 4))
        given = [x, packed, self.keep(f"{name}.scales", scales.reshape(-1))]
        settings = {"K": width, "N": rows, "bits": 4, "block_size": 32, "accuracy_level": 4}
        return self.node("MatMulNBits", given, out, domain=_MS, **settings)


class DynamicInt8(Graph):
    """The shipped integers; activations in 8 bits with one scale for the whole batch: the trap."""

    def product(self, x: str, name: str, out: str) -> str:
        given = [
            self.keep(f"{name}.turned", self.parts[name].T),
            self.keep(f"{name}.scales", self.scale(name)),
            self.keep(f"{name}.zero", np.zeros(len(self.parts[name]), np.int8)),
        ]
        return self.node("DynamicQuantizeMatMul", [x, *given], out, domain=_MS)


GRAPHS: dict[str, type[Graph]] = {
    "fp32": Float,
    "8-bit weights": Graph,
    "4-bit weights": FourBits,
    "dynamic int8": DynamicInt8,
}
