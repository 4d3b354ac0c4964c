"""Judges of sentence pairs made from any chat model, by asking it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.models.ask import ask
from dramaturg.models.base import ChatModel, Judgement, Label
from dramaturg.prompts import Sampling, Task, load, quote
from dramaturg.records import derive_seed

_LABEL = re.compile(
    r"\b(?P<entail>entail(?:s|ed|ment)?)\b"
    r"|\b(?P<contradict>contradict(?:s|ed|ion|ory)?)\b"
    r"|\b(?P<neutral>neutral)\b",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?:label|answer|verdict|judge?ment)\W{1,6}(?=\w)", re.IGNORECASE)
_NEGATED = re.compile(r"(?:\bno|\bnot|n't|\bnor|\bneither|\bnever|\bwithout)(?:\W+\w+)?\W+$", re.I)
_LABELS: tuple[Label, ...] = ("entail", "contradict", "neutral")


class NLIInput(msgspec.Struct, frozen=True, kw_only=True):
    """Two sentences: does the second follow from the first?"""

    premise: str
    hypothesis: str


def read_label(text: str, inputs: NLIInput | None = None) -> Judgement:
    """The judgement in a reply: a label at its start, after "label:", in JSON, or the only one.

    An answer in words knows no probability: the label's is 1.

    Raises:
        ReplyError: If there is no label, or several and none of them is named as the answer.
    """
    text = text.strip().strip("`*_#> \n")
    found = _from_json(text)
    if found is not None:
        return found
    start = _LABEL.match(text)
    if start:
        return _certain(start, text[start.end() :])
    for named in _NAMED.finditer(text):
        label = _LABEL.match(text, named.end())
        if label:
            return _certain(label, text[label.end() :])
    hits = [hit for hit in _LABEL.finditer(text) if not _NEGATED.search(text[: hit.start()])]
    if len({hit.lastgroup for hit in hits}) == 1:
        return _certain(hits[-1], text)
    if hits:
        raise ReplyError("the reply names more than one of the three words", kind="several labels")
    raise ReplyError("the reply is none of entail, contradict, neutral", kind="no label")


NLI: Task[NLIInput, Judgement] = Task(
    name="nli.judge",
    prompt=load("dramaturg.models", "nli"),
    fill=lambda pair: {"premise": quote(pair.premise), "hypothesis": quote(pair.hypothesis)},
    parse=read_label,
    cut="fine",
    sampling=Sampling(temperature=0.0, top_k=None, max_tokens=64),
)


class PromptedNLI:
    """An NLI model that asks a chat model about each pair.

    Attributes:
        chat: The model asked.
    """

    def __init__(self, chat: ChatModel) -> None:
        self.chat = chat
        self.ref = chat.ref

    async def judge(self, pairs: Sequence[tuple[str, str]], *, seed: int = 0) -> list[Judgement]:
        """One judgement a pair of (premise, hypothesis), in order; equal pairs are asked once.

        Raises:
            ReplyError: If a pair's second reply cannot be used either.
            BackendError: If no reply was to be had.
        """
        once = list(dict.fromkeys(pairs))
        answers = await asyncio.gather(
            *(
                ask(
                    self.chat,
                    NLI,
                    NLIInput(premise=premise, hypothesis=hypothesis),
                    seed=derive_seed("nli", seed, premise, hypothesis),
                )
                for premise, hypothesis in once
            ),
            return_exceptions=True,
        )
        judged: dict[tuple[str, str], Judgement] = {}
        for pair, answer in zip(once, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            judged[pair] = answer.value
        return [judged[pair] for pair in pairs]


def _certain(hit: re.Match[str], why: str) -> Judgement:
    label: Label = next(name for name in _LABELS if name == hit.lastgroup)
    chances = {"p_entail": 0.0, "p_contradict": 0.0, "p_neutral": 0.0, f"p_{label}": 1.0}
    why = " ".join(why.strip(" \n-–—:.*_,;()`").split())[:200]
    return Judgement(label=label, why=why, **chances)


def _from_json(text: str) -> Judgement | None:
    begin, end = text.find("{"), text.rfind("}")
    if begin < 0 or end < begin:
        return None
    try:
        found: Any = json.loads(text[begin : end + 1])
    except ValueError:
        return None
    for name in ("label", "answer", "verdict", "judgement", "judgment"):
        label = _LABEL.match(str(found.get(name, "")).strip())
        if label:
            return _certain(label, str(found.get("why") or found.get("reason") or ""))
    return None
