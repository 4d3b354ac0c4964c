"""From a reference on the command line to a model: `provider:name`."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.errors import UserError

_PROVIDERS = ("embedded", "minilm", "openai", "ollama", "scripted")
_PLANNED = {"hf": "transformers in process", "litellm": "all other providers"}
_OPENAI = "https://api.openai.com/v1"
_OLLAMA = "http://127.0.0.1:11434/v1"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How an endpoint may be used.

    Attributes:
        max_in_flight: The most calls at once.
        timeout_s: The longest wait for one reply.
        rpm, tpm: Requests and tokens a minute; None = learnt from the server's headers.
        hedge: Ask again where a reply is late; the first answer counts, both may be charged.
        share: Name (or folder) of the limits that all runs on this machine share, by endpoint and
            key: `max_in_flight`, `rpm` and `tpm` are then those of all of them together.
        replay: No call will be made, since all replies are known: a key may be missing.
    """

    max_in_flight: int = 64
    timeout_s: float = 120.0
    rpm: int | None = None
    tpm: int | None = None
    hedge: bool = False
    share: str | None = None
    replay: bool = False


def resolve(ref: str, limits: Limits = Limits()) -> Any:  # noqa: B008  (it is immutable)
    """The model that a reference names. Nothing is called and nothing heavy is loaded yet.

    Args:
        ref: "embedded", "embedded:large", "minilm" (sentence vectors only), "openai:MODEL",
            "openai:MODEL@http://host:port/v1" (several addresses of the same model with commas
            between them), "ollama:MODEL" or "scripted:FILE".
        limits: How an endpoint may be used; the embedded model knows none.

    Raises:
        UserError: If the reference is malformed, the provider unknown, or a key is missing.
    """
    provider, _, name = ref.partition(":")
    if provider == "embedded":
        from dramaturg.models.embedded_model import EmbeddedModel

        if name not in ("", "large"):
            raise UserError(
                f"there is no embedded model {name!r}",
                why="it comes as embedded, and as embedded:large with a network for inference",
                fix="embedded, or embedded:large",
            )
        return EmbeddedModel(large=name == "large")
    if ref == "minilm":
        from dramaturg.models.minilm_model import MiniLMModel

        return MiniLMModel()
    if provider == "scripted":
        from dramaturg.models.scripted import scripted_from_file

        return scripted_from_file(Path(name))
    if provider in ("openai", "ollama"):
        return _endpoint(ref, provider, name, limits)
    if provider in _PLANNED:
        raise UserError(
            f"the provider {provider!r} ({_PLANNED[provider]}) is not built yet",
            why="this version speaks to OpenAI-compatible endpoints and runs the embedded model",
            fix="serve the model behind an OpenAI-compatible endpoint (vLLM, llama.cpp, Ollama) "
            "and use openai:MODEL@http://host:port/v1",
        )
    near = difflib.get_close_matches(provider, _PROVIDERS, n=1, cutoff=0.4)
    raise UserError(
        f"there is no model provider {provider!r}",
        why=f"a model is given as provider:name; providers are {', '.join(_PROVIDERS)}",
        fix=f"did you mean {_example(near[0], name)}?" if near else "e.g. openai:gpt-4.1-mini",
    )


def _example(provider: str, name: str) -> str:
    return provider if provider in ("embedded", "minilm") else f"{provider}:{name or 'MODEL'}"


def _endpoint(ref: str, provider: str, name: str, limits: Limits) -> Any:
    from dramaturg.models.openai_compatible import OpenAICompatible
    from dramaturg.models.spread import Spread

    model, _, url = name.partition("@")
    if not model:
        raise UserError(f"{ref!r} names no model", fix=f"e.g. {provider}:MODEL")
    base = url or _default_base(provider)
    key = os.environ.get("OPENAI_API_KEY")
    if not key and base == _OPENAI and not limits.replay:
        raise UserError(
            f"{ref} needs a key",
            why="the environment variable OPENAI_API_KEY is not set",
            fix="export OPENAI_API_KEY=..., or name a local server: openai:MODEL@http://host:port/v1",
        )
    bases = _split(base)
    if any("@" in one.partition("//")[2].partition("/")[0] or "?" in one for one in bases):
        raise UserError(
            "the endpoint's address holds a password or parameters, which would be written down",
            fix="give the plain address, and the key in the environment variable OPENAI_API_KEY",
        )
    for one in bases or [base]:
        if not one.startswith(("http://", "https://")):
            raise UserError(
                f"{one!r} is no endpoint address", fix="it begins with http:// or https://"
            )
    named = f"{provider}:{model}" + (f"@{','.join(bases)}" if url else "")
    places = [
        OpenAICompatible(
            model,
            base_url=one,
            api_key=one_key,
            timeout_s=limits.timeout_s,
            max_in_flight=limits.max_in_flight,
            rpm=limits.rpm,
            tpm=limits.tpm,
            hedge=limits.hedge,
            share=None if limits.replay else limits.share,
            ref=named,
        )
        for one in dict.fromkeys(bases)
        for one_key in _keys(key)
    ]
    return places[0] if len(places) == 1 else Spread(places, named)


def addresses(ref: str) -> list[str]:
    """Where the endpoints of an "openai:" or "ollama:" reference are."""
    provider, _, name = ref.partition(":")
    return _split(name.partition("@")[2] or _default_base(provider))


def _default_base(provider: str) -> str:
    if provider == "ollama":
        return os.environ.get("OLLAMA_BASE_URL", _OLLAMA)
    return os.environ.get("OPENAI_BASE_URL", _OPENAI)


def _split(base: str) -> list[str]:
    return [address.strip().rstrip("/") for address in base.split(",") if address.strip()]


def _keys(given: str | None) -> list[str | None]:
    """The keys in OPENAI_API_KEY: one, or several with commas between them."""
    keys = [key.strip() for key in (given or "").split(",") if key.strip()]
    return list(dict.fromkeys(keys)) or [given]


def parse_roles(given: Sequence[str], roles: Sequence[str]) -> dict[str, str]:
    """`--model X` and `--model role=X` options as a reference by role; "*" holds the bare one.

    Raises:
        UserError: For a role that the recipe does not have, or one given twice.
    """
    found: dict[str, str] = {}
    for item in given:
        role, sep, ref = item.partition("=")
        if not sep or ":" in role:
            role, ref = "*", item
        elif role not in roles:
            near = difflib.get_close_matches(role, roles, n=1, cutoff=0.4)
            raise UserError(
                f"there is no role {role!r}",
                why=f"the roles are {', '.join(roles)}",
                fix=f"did you mean --model {near[0]}={ref}?" if near else "see --help",
            )
        if role in found:
            raise UserError(f"the model of {role if role != '*' else 'every role'} is given twice")
        found[role] = ref
    return found
