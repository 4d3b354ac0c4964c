"""The training loop: resumable, seeded, on a CPU or a GPU, with a log, a curve and a report."""

# torch may be missing where types are checked: its names are then Any
# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False
# mypy: warn-unused-ignores=False

from __future__ import annotations

import json
import math
import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dramaturg.errors import UserError
from dramaturg.models.embedded.formats import Sizes
from dramaturg.models.embedded.shipped import read_card
from dramaturg.train.embedded.ahead import Epochs, encoder
from dramaturg.train.embedded.charts import told, write_curve, write_report
from dramaturg.train.embedded.corpus import Encode, Example, as_it_is
from dramaturg.train.embedded.network import Network
from dramaturg.train.embedded.optimizer import optimizers
from dramaturg.train.embedded.pace import Pace
from dramaturg.train.embedded.sources import held_out_sources, training_sources
from dramaturg.train.embedded.tokenizer import save_merges, train_tokenizer


@dataclass(frozen=True)
class Settings:
    """What a training run is made of; `steps` may be changed when a run is resumed."""

    steps: int = 4500
    warmup: int = 100
    decay_share: float = 0.28  # of all steps, at the end, with the rate going down to 0
    rate: float = 2e-3
    batch_tokens: int = 8192
    seed: int = 13
    threads: int = 2
    device: str = "cpu"  # or "cuda"
    workers: int = 0  # processes that draw the next epochs; a GPU would wait for them otherwise
    save_every_s: float = 300.0
    measure_every: int = 250
    held_out: int = 64  # conversations of each validation set
    compiled: bool = True  # needs a C++ compiler; twice as fast
    log_every: int = 25


KEPT = ("seed", "batch_tokens")  # settings that a resumed run must have as before


def rate_at(step: int, settings: Settings) -> float:
    """Learning rate: warm up, hold, then go down in a straight line to zero at the last step."""
    decay = max(1.0, settings.decay_share * settings.steps)
    down = min(1.0, (settings.steps - step) / decay)
    return settings.rate * min(1.0, (step + 1) / settings.warmup) * max(0.0, down)


def batches(examples: list[Example], budget: int, seed: str) -> Iterator[tuple[Tensor, Tensor]]:
    """Padded batches of like lengths, each `(batch, time)` of at most `budget` tokens."""
    rng = random.Random(seed)
    order = list(range(len(examples)))
    rng.shuffle(order)
    groups: list[list[int]] = []
    for start in range(0, len(order), 4096):
        group: list[int] = []
        for index in sorted(order[start : start + 4096], key=lambda i: len(examples[i][0])):
            if group and _padded(len(examples[index][0])) * (len(group) + 1) > budget:
                groups.append(group)
                group = []
            group.append(index)
        groups.append(group)
    rng.shuffle(groups)
    for group in groups:
        time_steps = _padded(max(len(examples[index][0]) for index in group))
        ids = torch.zeros(len(group), time_steps, dtype=torch.long)
        weights = torch.zeros(len(group), time_steps)
        for row, index in enumerate(group):
            tokens, weight = examples[index]
            ids[row, : len(tokens)] = torch.as_tensor(tokens)
            weights[row, : len(tokens)] = torch.as_tensor(weight)
        yield ids, weights


def _padded(length: int) -> int:
    return -(-length // 64) * 64


@torch.no_grad()
def held_out_loss(network: Network, examples: list[Example], budget: int) -> float:
    """Mean loss in nats for each weighted token."""
    total, count = 0.0, 0.0
    device = network.embedding.weight.device
    for ids, weights in batches(examples, budget, "0"):
        with torch.autocast(device.type, torch.bfloat16):
            loss, weight = network.loss(ids.to(device), weights.to(device))
        total, count = total + float(loss), count + float(weight)
    return total / count


class Run:
    """A training run in its folder: tokenizer, checkpoint, log."""

    def __init__(
        self,
        data_dir: Path,
        out_dir: Path,
        settings: Settings,
        sizes: Sizes,
        start: Path | None = None,
    ) -> None:
        self.settings, self.sizes, self.out = settings, sizes, out_dir
        self.start = start
        out_dir.mkdir(parents=True, exist_ok=True)
        torch.set_num_threads(settings.threads)
        torch.manual_seed(settings.seed)
        self.encode = self._tokenizer(data_dir)
        self.epochs = Epochs(data_dir, out_dir / "merges.txt", settings.seed, settings.workers)
        self.held_out = self._held_out(data_dir)
        self.network = Network(sizes).to(settings.device)
        self.optimizers = optimizers(self.network, settings.rate)
        self.state: dict[str, Any] = {"step": 0, "epoch": 0, "batch": 0, "tokens": 0, "seconds": 0}
        if (out_dir / "checkpoint.pt").exists():
            self._load()
        elif start is not None:
            begin_with(self.network, start)
            shutil.copy(start / "model.json", out_dir / "start.json")
        if settings.compiled:
            for block in self.network.blocks:
                block.compile(dynamic=True)
        self.stopping = False
        self.pace = Pace(sizes, settings.device)
        self._read_wishes()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._stop)

    def fit(self) -> None:
        """Train until the last step, a SIGTERM or Ctrl-C; each leaves a checkpoint."""
        try:
            self._fit()
        finally:
            self.epochs.close()
        write_report(self.out, asdict(self.settings), asdict(self.sizes), self.pace)

    def _fit(self) -> None:
        start, saved, losses = time.monotonic() - self.state["seconds"], time.monotonic(), []
        while self.state["step"] < self.settings.steps and not self.stopping:
            seed = self.epochs.seed_of(self.state["epoch"])
            examples = self.epochs[self.state["epoch"]]
            for index, batch in enumerate(batches(examples, self.settings.batch_tokens, seed)):
                if index < self.state["batch"]:
                    continue
                losses.append(self._step(*batch))
                self.state["batch"] = index + 1
                if self.state["step"] % self.settings.log_every == 0:
                    mean = float(torch.stack(losses).mean())  # waits for the device
                    self.state["seconds"] = time.monotonic() - start
                    self._log(mean, measure=self.state["step"] >= self.settings.steps)
                    losses = []
                if self.state["step"] % 5 == 0:
                    self._read_wishes()
                if time.monotonic() - saved > self.settings.save_every_s:
                    self._save()
                    saved = time.monotonic()
                if self.stopping or self.state["step"] >= self.settings.steps:
                    break
            else:
                self.state["epoch"] += 1
                self.state["batch"] = 0
        if losses:
            mean = float(torch.stack(losses).mean())
            self.state["seconds"] = time.monotonic() - start
            self._log(mean, measure=True)
        self._save()

    def _step(self, ids: Tensor, weights: Tensor) -> Tensor:
        """One step; the loss stays on the device, so that the next batch need not wait for it."""
        tokens, device = int((ids != 0).sum()), self.settings.device
        self.pace.add(tokens, ids.shape)
        chosen = weights[:, 1:].reshape(-1).nonzero().squeeze(1)  # here: it would wait for a GPU
        ids, weights, chosen = (
            part.to(device, non_blocking=True) for part in (ids, weights, chosen)
        )
        with torch.autocast(device, torch.bfloat16):
            loss, count = self.network.loss(ids, weights, chosen)
        (loss / count).backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        rate = rate_at(self.state["step"], self.settings)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.state["step"] += 1
        self.state["tokens"] += tokens
        return loss.detach() / count

    def _read_wishes(self) -> None:
        """Numbers in the files `steps` and `threads` of the run folder change the run."""
        for name in ("steps", "threads"):
            path = self.out / name
            if path.exists():
                wish: dict[str, Any] = {name: int(path.read_text())}
                self.settings = replace(self.settings, **wish)
        torch.set_num_threads(self.settings.threads)

    def _log(self, loss: float, *, measure: bool = False) -> None:
        line = {key: round(value, 1) for key, value in self.state.items()}
        line["loss"] = round(loss, 4)
        line["rate"] = rate_at(self.state["step"], self.settings)
        line |= self.pace.lap()
        if measure or self.state["step"] % self.settings.measure_every == 0:
            for name, examples in self.held_out.items():
                loss = held_out_loss(self.network, examples, self.settings.batch_tokens)
                line[name] = round(loss, 4)
            self.pace.restart()
        with (self.out / "log.jsonl").open("a") as log:
            log.write(json.dumps(line) + "\n")
        write_curve(self.out, steps=self.settings.steps)
        print(told(line, self.settings.steps), flush=True)

    def _save(self) -> None:
        parts = {
            "state": self.state,
            "sizes": asdict(self.sizes),
            "settings": asdict(self.settings),
            "network": self.network.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
        }
        torch.save(parts, self.out / "checkpoint.tmp")
        os.replace(self.out / "checkpoint.tmp", self.out / "checkpoint.pt")

    def _load(self) -> None:
        parts = torch.load(
            self.out / "checkpoint.pt", weights_only=True, map_location=self.settings.device
        )
        for name, now, then in (
            ("size", asdict(self.sizes), parts["sizes"]),
            *((key, getattr(self.settings, key), parts["settings"][key]) for key in KEPT),
        ):
            if now != then:
                raise UserError(
                    f"the run in {self.out} was begun with another {name}: {then}, not {now}",
                    why="its checkpoint counts batches of the text as it was drawn then",
                    fix="give the same, or another --out",
                )
        self.state = parts["state"]
        self.network.load_state_dict(parts["network"])
        for optimizer, state in zip(self.optimizers, parts["optimizers"], strict=True):
            optimizer.load_state_dict(state)

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def _tokenizer(self, data_dir: Path) -> Encode:
        path = self.out / "merges.txt"
        if self.start is not None and not path.exists():
            shutil.copy(self.start / "merges.txt", path)
        if not path.exists():
            texts = (
                " " + text
                for source in training_sources(data_dir)
                for text in [*source.facts[0], *source.facts[1], *(t for _, t in source.turns)]
            )
            save_merges(train_tokenizer(texts, self.sizes.vocabulary), path)
        return encoder(path)

    def _held_out(self, data_dir: Path) -> dict[str, list[Example]]:
        out = {}
        for name, sources in held_out_sources(data_dir).items():
            for slots in (False, True):
                some = sources[: self.settings.held_out]
                examples = [as_it_is(source, self.encode, slots=slots) for source in some]
                out[name + ("-slots" if slots else "")] = examples
        return out


def begin_with(network: Network, folder: Path) -> None:
    """Put exported weights into a network of the same sizes. Raises UserError for others."""
    try:
        sizes = Sizes(**read_card(folder)["sizes"])
    except OSError as error:
        raise UserError(
            f"there are no weights in {folder}",
            why=error.strerror or str(error),
            fix="name a folder that --export has written",
        ) from error
    if sizes != network.sizes:
        raise UserError(
            f"the weights in {folder} are of another size",
            why=f"they are {sizes}",
            fix="train with the --size that they have",
        )
    with np.load(folder / "model.npz", allow_pickle=False) as parts:
        for key, value in network.state_dict().items():
            name = key.replace("blocks.", "").removesuffix(".weight")
            array = parts[name].astype(np.float32)
            if f"{name}.scale" in parts.files:
                array = array * parts[f"{name}.scale"][:, None]
            value.copy_(torch.from_numpy(array))


def train(
    data_dir: Path,
    out_dir: Path,
    settings: Settings | None = None,
    sizes: Sizes | None = None,
    start: Path | None = None,
) -> float:
    """Train, or go on with the run in `out_dir`; returns the last loss on SPC valid in nats.

    Args:
        data_dir: Folder with `synthetic-persona-chat`, `personachat` and `training-text`.
        out_dir: Gets `merges.txt`, `checkpoint.pt`, `log.jsonl`, `curve.html` (renewed with each
            line of the log) and, at the end, `report.json`.
        start: Folder of exported weights to begin with, same sizes and tokenizer.
    """
    run = Run(data_dir, out_dir, settings or Settings(), sizes or Sizes(), start)
    run.fit()
    last = json.loads((out_dir / "log.jsonl").read_text().splitlines()[-1])
    return float(last.get("spc-valid", math.nan))
