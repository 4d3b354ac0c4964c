"""Mix two language models while decoding: a base that writes, an expert that pulls it.

At each step the logits are base + alpha * expert (- alpha * anti-expert). The expert reads its own
short prompt and the reply so far, never the base's prompt.

Source: Liu et al. 2021, arXiv:2105.03023, without the anti-expert as in Li et al. 2024,
arXiv:2410.16491.
Differs: what the base never says stays unsaid whatever the expert thinks; models that do not
share one vocabulary are refused; alpha 0 is the base itself, to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from dramaturg.errors import BackendError, UserError

if TYPE_CHECKING:
    import numpy.typing as npt

    Logits: TypeAlias = npt.NDArray[Any]


class NextToken(Protocol):
    """A local model that says how likely each token comes next.

    Attributes:
        ref: Its name, for messages.
        vocabulary: The text of every token, by id.
    """

    @property
    def ref(self) -> str: ...

    @property
    def vocabulary(self) -> Sequence[str]: ...

    def text(self, ids: Iterable[int]) -> str:
        """The text of some tokens."""
        ...

    def logits(self, ids: Sequence[int]) -> Logits:
        """Shape `(len(vocabulary),)` after these tokens; -inf = never."""
        ...


@dataclass(frozen=True)
class Decoded:
    """What was decoded.

    Attributes:
        ids: Without the prompt and without the end token.
        ended: Whether the end token came before `max_tokens`.
    """

    ids: tuple[int, ...]
    text: str
    ended: bool


def decode_mix(
    base: NextToken,
    expert: NextToken,
    *,
    alpha: float,
    prompt: Sequence[int],
    expert_prompt: Sequence[int] = (),
    anti: NextToken | None = None,
    anti_prompt: Sequence[int] | None = None,
    end: int,
    max_tokens: int = 128,
    temperature: float = 0.0,
    seed: int = 0,
) -> Decoded:
    """A reply of the base, pulled towards the expert.

    Args:
        alpha: >= 0. 0 is the base alone; the published sets fall apart between 1.33 and 4.
        prompt, expert_prompt: Token ids; the reply so far follows either of them.
        anti_prompt: None = the expert's prompt.
        end: Id of the token that ends a reply.
        temperature: 0 takes the likeliest token, the lower id of two.

    Raises:
        UserError: If alpha or temperature is negative or no number, or the vocabularies differ.
        BackendError: If at some step no token is left.
    """
    import numpy as np

    check_shared_vocabulary(base, expert, *([anti] if anti else []))
    if not 0 <= temperature < float("inf"):
        raise UserError(f"a temperature is 0 or more, not {temperature}")
    draw = np.random.default_rng(seed)
    told, whispered = list(prompt), list(expert_prompt)
    against = whispered if anti_prompt is None else list(anti_prompt)
    ids: list[int] = []
    for _ in range(max_tokens):
        mixed = mix_logits(
            base.logits([*told, *ids]),
            expert.logits([*whispered, *ids]),
            anti.logits([*against, *ids]) if anti else None,
            alpha=alpha,
        )
        if not np.isfinite(mixed).any():
            raise BackendError(
                f"{base.ref} and {expert.ref} agree on no next token",
                why="each rules out what the other allows",
                fix="use an expert whose vocabulary is not cut, or alpha 0",
                kind="decoding",
            )
        if temperature == 0:
            token = int(mixed.argmax())
        else:
            odds = np.exp((mixed - mixed.max()) / temperature)
            token = int(draw.choice(len(odds), p=odds / odds.sum()))
        if token == end:
            return _decoded(base, ids, True)
        ids.append(token)
    return _decoded(base, ids, False)


def mix_logits(base: Logits, expert: Logits, anti: Logits | None = None, *, alpha: float) -> Logits:
    """base + alpha * (expert - anti), with what the base bans (-inf) still banned.

    alpha 0 returns the base's own values: 0 * -inf would be no number. A token that the expert
    bans is banned; one that the anti-expert bans counts as the least likely that it allows, since
    minus -inf would make it certain.

    Raises:
        UserError: If alpha is negative or no number, or the shapes differ.

    >>> import numpy as np
    >>> mix_logits(np.array([1.0, -np.inf]), np.array([0.0, 9.0]), alpha=1.0).tolist()
    [1.0, -inf]
    """
    import numpy as np

    if not 0 <= alpha < float("inf"):
        raise UserError(f"alpha is 0 or more, not {alpha}", fix="to push away, give an anti-expert")
    others = [expert] if anti is None else [expert, anti]
    if any(one.shape != base.shape for one in others):
        raise UserError(
            "models that are mixed must share one vocabulary",
            why=f"their logits have the shapes {[one.shape for one in (base, *others)]}",
        )
    mixed = np.array(base, dtype=np.float64)
    if alpha == 0:
        return mixed
    with np.errstate(invalid="ignore"):  # -inf + inf: banned all the same, below
        mixed += alpha * expert
    if anti is not None:
        allowed = np.isfinite(anti)
        floor = anti[allowed].min() if allowed.any() else 0.0
        mixed -= alpha * np.where(allowed, anti, floor)
    mixed[np.isneginf(base) | np.isneginf(expert)] = -np.inf
    return mixed


def check_shared_vocabulary(base: NextToken, *others: NextToken) -> None:
    """Raises UserError where another model cuts text otherwise, naming the first difference."""
    mine = list(base.vocabulary)
    for other in others:
        theirs = list(other.vocabulary)
        if mine == theirs:
            continue
        why = f"{len(mine)} tokens and {len(theirs)}"
        if len(mine) == len(theirs):
            at = next(i for i, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a != b)
            why = f"token {at} is {mine[at]!r} in one and {theirs[at]!r} in the other"
        raise UserError(
            f"{base.ref} and {other.ref} cannot be mixed: they have different vocabularies",
            why=why,
            fix="take an expert of the same family, with the same tokenizer",
        )


def _decoded(base: NextToken, ids: list[int], ended: bool) -> Decoded:
    return Decoded(tuple(ids), base.text(ids), ended)
