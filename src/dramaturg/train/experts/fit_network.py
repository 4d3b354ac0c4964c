"""Train the network of the inference expert: one run over the epochs, seeded, on the CPU or a GPU.

The loss is the cross-entropy over the three labels; a pair of which only "not contradict" is known
pays for the chance of "contradict" alone. Word and place embeddings stay as they are.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch.nn import functional as F

from dramaturg.models.experts.pieces import FACT, UTTERANCE, straight
from dramaturg.models.experts.wordpiece import WordPiece
from dramaturg.train.experts.cross_encoder import CrossEncoder
from dramaturg.train.experts.network_pairs import Example

RATE, WARM, DROPOUT, DECAY = 6e-5, 0.06, 0.1, 0.01
TOKENS = 1200  # a batch
KNOWN: dict[str, int] = {"entail": 0, "contradict": 1, "neutral": 2, "not contradict": 3}
SOURCES = {"breaking": 0.5, "stance": 0.4, "spoken": 1.0, "unrelated": 0.7}


def fit(
    net: CrossEncoder,
    epochs: Sequence[Sequence[Example]],
    tokenizer: WordPiece,
    *,
    seed: int = 0,
    rate: float = RATE,
    log: Callable[[str], None] = print,
    after: Callable[[int], None] = lambda number: None,
) -> CrossEncoder:
    """Train in place on the given epochs, in order; the rate rises, then falls to zero.

    Args:
        net: Is changed.
        epochs: What to learn from, see `network_pairs.epoch`.
        tokenizer: Of the network's vocabulary.
        seed: Of the order of the batches and of dropout.
        rate: The highest learning rate.
        log: Told of the running loss now and then.
        after: Told of each epoch that is done, from 0 on.
    """
    torch.manual_seed(seed)
    rng = random.Random(seed)
    device = next(net.parameters()).device
    plans = [batches(one, tokenizer, rng) for one in epochs]
    steps = sum(len(plan) for plan in plans)
    for part in (net.words, net.places):
        part.requires_grad_(False)
    moving = [p for p in net.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(moving, lr=rate, weight_decay=DECAY)
    warm = max(1, int(WARM * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min((s + 1) / warm, max(0.02, (steps - s) / max(1, steps - warm)))
    )
    weights = class_weights([one for part in epochs for one in part]).to(device)
    net.train()
    step, running = 0, 0.0
    for number, plan in enumerate(plans):
        for rows in plan:
            ids, sides, mask, labels, shares = (t.to(device) for t in tensors(rows))
            with torch.autocast(device.type, dtype=torch.bfloat16):
                scores = net(ids, sides, mask, DROPOUT)
            loss = pair_loss(scores.float(), labels, shares, weights)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(moving, 1.0)
            optimizer.step()
            schedule.step()
            running = loss.item() if not step else 0.98 * running + 0.02 * loss.item()
            step += 1
            if step % 50 == 0 or step == steps:
                log(f"step {step} of {steps}, loss {running:.3f}")
        after(number)
    net.eval()
    return net


def class_weights(examples: Sequence[Example]) -> torch.Tensor:
    """One weight a label: the root of how much rarer than the mean it is."""
    counts = torch.zeros(4)
    for one in examples:
        counts[KNOWN[one.label]] += 1
    weights = (counts[:3].mean() / counts[:3].clamp(min=1)).sqrt()
    return torch.cat([weights, torch.ones(1)])


def pair_loss(
    scores: torch.Tensor, labels: torch.Tensor, shares: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """The mean loss; label 3 is "not contradict"."""
    logs = F.log_softmax(scores, dim=-1)
    known = -logs.gather(1, labels.clamp(max=2)[:, None])[:, 0]
    no = -torch.log((1 - logs[:, 1].exp()).clamp(min=1e-4))
    each = torch.where(labels == 3, no, known) * shares * weights[labels]
    return each.sum() / shares.sum()


Row = tuple[list[int], list[int], int, float]


def batches(
    examples: Sequence[Example], tokenizer: WordPiece, rng: random.Random
) -> list[list[Row]]:
    """Batches of about `TOKENS` pieces, of pairs of like length, in a seeded order."""
    rows = [row(one, tokenizer) for one in examples]
    rows.sort(key=lambda r: (len(r[0]), rng.random()))
    found: list[list[Row]] = [[]]
    for one in rows:
        if found[-1] and (len(found[-1]) + 1) * len(one[0]) > TOKENS:
            found.append([])
        found[-1].append(one)
    rng.shuffle(found)
    return found


def row(one: Example, tokenizer: WordPiece) -> Row:
    """Ids, sides, label number and weight of one pair."""
    said = tokenizer.bare(straight(one.utterance), UTTERANCE)
    held = tokenizer.bare(straight(one.fact), FACT)
    ids = [tokenizer.start, *said, tokenizer.end, *held, tokenizer.end]
    sides = [0] * (len(said) + 2) + [1] * (len(held) + 1)
    return ids, sides, KNOWN[one.label], SOURCES.get(one.source, 1.0)


def tensors(rows: Sequence[Row]) -> tuple[torch.Tensor, ...]:
    """Ids, sides, mask, labels and weights of a batch, padded to its longest pair."""
    longest = max(len(ids) for ids, *_ in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    sides = torch.zeros_like(ids)
    mask = torch.zeros_like(ids, dtype=torch.bool)
    for n, (one, side, _, _) in enumerate(rows):
        ids[n, : len(one)] = torch.tensor(one)
        sides[n, : len(one)] = torch.tensor(side)
        mask[n, : len(one)] = True
    labels = torch.tensor([label for _, _, label, _ in rows])
    return ids, sides, mask, labels, torch.tensor([share for *_, share in rows])


def scores(
    net: CrossEncoder, pairs: Sequence[tuple[str, str]], tokenizer: WordPiece
) -> torch.Tensor:
    """The raw scores of `(utterance, fact)` pairs, `(n, 3)`, in order, without training."""
    rows = [row(Example(u, f, "neutral", ""), tokenizer) for u, f in pairs]
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    found = torch.zeros(len(rows), 3)
    device = next(net.parameters()).device
    net.eval()
    with torch.no_grad():
        for start in range(0, len(order), 32):
            some = order[start : start + 32]
            ids, sides, mask, *_ = (t.to(device) for t in tensors([rows[i] for i in some]))
            found[some] = net(ids, sides, mask).float().cpu()
    return found


def vocabulary(folder: Path) -> list[str]:
    """The pieces of the encoder's vocabulary, from its vocab.txt."""
    return (folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
