"""Is everything there, and does it answer?"""

from __future__ import annotations

import importlib.util
import os
import platform
import time
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from dramaturg import __version__
from dramaturg.errors import DramaturgError
from dramaturg.models import ChatModel, Embedder, NLIModel, QualityModel, ToxicityModel, ask
from dramaturg.models.resolve import Limits, resolve
from dramaturg.persona import AnswerAs, answer

_EXTRAS = {"train": ("torch", "tokenizers")}
_NEEDS = ("aiohttp", "click", "fastcluster", "msgspec", "numpy", "pyarrow")
_TRIES = 4
_CAN = {
    "embeds": Embedder,
    "judges entailment": NLIModel,
    "rates toxicity": ToxicityModel,
    "compares quality": QualityModel,
}


async def examine(refs: Sequence[str]) -> dict[str, Any]:
    """What is installed, and for each model whether it answers, what it can do and how fast.

    Four short tasks are asked of each model, one after the other; an endpoint charges for them.
    """
    return {
        "dramaturg": __version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "libraries": {name: _version(name) for name in _NEEDS},
        "extras": {
            extra: all(importlib.util.find_spec(m) is not None for m in modules)
            for extra, modules in _EXTRAS.items()
        },
        "keys": {"OPENAI_API_KEY": "set" if os.environ.get("OPENAI_API_KEY") else "not set"},
        "models": [await _examine(ref) for ref in refs],
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


async def _examine(ref: str) -> dict[str, Any]:
    found: dict[str, Any] = {"model": ref, "ok": False}
    model = None
    try:
        model = resolve(ref, Limits(timeout_s=60.0))
        found["can"] = [word for word, kind in _CAN.items() if isinstance(model, kind)]
        if getattr(model, "large", False):
            found["can"].append("reads entailment with a network")
        if isinstance(model, ChatModel):
            follows = model.follows_prompts()
            found["can"].insert(0, "follows prompts" if follows else "writes (native tasks only)")
            found |= await _rate(model)
        found["ok"] = True
    except DramaturgError as error:
        found |= {"error": error.what, "why": error.why, "fix": error.fix}
    finally:
        if model is not None and hasattr(model, "aclose"):
            await model.aclose()
    return found


async def _rate(model: ChatModel) -> dict[str, Any]:
    person = AnswerAs(facts=("I have two dogs.", "I bake bread."), query="What do you do for fun?")
    began = time.perf_counter()
    replies = []
    for seed in range(_TRIES):
        start = time.perf_counter()
        got = await ask(model, answer(), person, seed=seed)
        replies.append((time.perf_counter() - start, got.cost.tokens_out, got.value))
    took = time.perf_counter() - began
    return {
        "calls": _TRIES,
        "first_reply_s": round(replies[0][0], 3),
        "median_reply_s": round(sorted(r[0] for r in replies)[_TRIES // 2], 3),
        "tokens_per_s_one_at_a_time": round(sum(r[1] for r in replies) / took, 1),
        "said": replies[0][2],
    }
