"""Any server that speaks OpenAI's chat and embeddings API: OpenAI, vLLM, llama.cpp, Ollama, ..."""

from __future__ import annotations

import asyncio
import difflib
import logging
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from dramaturg.errors import BackendError
from dramaturg.models.address import check_key, check_url, is_ours
from dramaturg.models.base import Call, Odds, Reply, Scored
from dramaturg.models.endpoint import Endpoint
from dramaturg.models.failures import Problem, Where
from dramaturg.models.logprobs import (
    MOST_TOP,
    cannot_score,
    decode_begun,
    decode_echoed,
    of_first_token,
    of_given_text,
)
from dramaturg.models.metered import took
from dramaturg.models.prices import FREE, Price, price_of, unknown_price
from dramaturg.models.stream import StreamPatience
from dramaturg.models.wire import (
    Completion,
    Usage,
    Vectors,
    decode_completion,
    decode_vectors,
    encode,
    read_choice,
)
from dramaturg.records import Cost

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_log = logging.getLogger("dramaturg.models")
_CHARS_A_TOKEN = 4  # for estimates only
_EMBED_TEXTS, _EMBED_CHARS = 128, 200_000  # a request's; a server that takes less says so
_TOO_MANY = re.compile(r"(?i)batch|too (many|large|long)|maximum|at most|exceed|limit|payload")
_OPTIONAL = (
    "top_k",
    "seed",
    "temperature",
    "top_p",
    "stop",
    "response_format",
    "max_tokens",
    "max_completion_tokens",
    "stream_options",
    "stream",
)
_FORMS = ("json_schema", "json_object", "")  # tried in this order, learnt once


class OpenAICompatible:
    """A chat model, and embedder, behind an OpenAI-compatible endpoint.

    Args:
        model: The name that the server knows it by.
        base_url: E.g. "http://localhost:8000/v1".
        api_key: Sent with each request and written nowhere; None for servers that take none.
        timeout_s: The longest wait for one reply.
        max_in_flight: The most requests at a time; fewer go out while the server is slow to bear
            them.
        ref: What the model is called in records and messages; default `openai:MODEL`.
        supports_schema: Whether to send a task's JSON schema; a server that refuses it is not
            sent it again.
        key_name: The environment variable that a message about a refused key names.
        rpm, tpm: Requests and tokens a minute; where None, learnt from the server's headers.
        price: US dollars per million tokens; default from the price table, and nothing for a
            server on this machine or a private network.
        tries: How often a call is sent at most, >= 1.
        hedge: Ask a second time where a reply is late; see Endpoint.
        share: Name of the limits that all runs on this machine share; see Endpoint.
        stream_from: Replies that may be this many tokens long come as a stream, so that the next
            piece is waited for and not the whole; None = never.

    Attributes:
        total: All that it took so far, embeddings included.
        notes: What was learnt about the server, in words, each once.
        price: None = not known; then `Cost.usd` is 0 and `notes` says so.
    """

    def __init__(
        self,
        model: str,
        base_url: str,
        api_key: str | None = None,
        *,
        timeout_s: float = 120.0,
        max_in_flight: int = 64,
        ref: str = "",
        supports_schema: bool = True,
        key_name: str = "OPENAI_API_KEY",
        rpm: int | None = None,
        tpm: int | None = None,
        price: Price | None = None,
        tries: int = 5,
        hedge: bool = False,
        stream_from: int | None = 4_000,
        share: str | None = None,
    ) -> None:
        self.model = model
        self.ref = ref or f"openai:{model}"
        self.total = Cost()
        self.notes: list[str] = []
        host = check_url(base_url)
        key = check_key(api_key, key_name)
        self.price = price or price_of(model) or (FREE if is_ours(host) else None)
        if self.price is None:
            self._note(f"the price of {self.ref} is {unknown_price(model)}")
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        self.endpoint = Endpoint(
            Where(self.ref, base_url, key_name, [key]),
            base_url,
            headers,
            timeout_s=timeout_s,
            max_in_flight=max_in_flight,
            tries=tries,
            rpm=rpm,
            tpm=tpm,
            hedge=hedge,
            share=share,
        )
        self.endpoint.patience = StreamPatience(timeout_s)
        self.stream_from = stream_from
        self.headers = headers
        self._without: set[str] = set() if supports_schema else {"response_format"}
        self._form = _FORMS[0] if supports_schema else _FORMS[-1]
        self._length_name = "max_tokens"
        self._embed_texts = _EMBED_TEXTS
        self._echo: str | None = None  # how it scores a given text, once that is known

    def __repr__(self) -> str:
        return f"OpenAICompatible({self.ref!r}, {self.endpoint.where.address!r})"

    @property
    def slots(self) -> int:
        """The most requests at a time."""
        return self.endpoint.limiter.maximum

    def native(self, task: str) -> bool:
        """Never: it reads prompts."""
        return False

    def follows_prompts(self) -> bool:
        """Always."""
        return True

    async def answer(self, call: Call) -> Reply:
        """The reply to one call, tried again by class of failure.

        Raises:
            BackendError: If there is no reply to be had.
            RecordError: If the prompt holds text that cannot be sent.
        """
        length = sum(len(m.content) for m in call.messages)
        tokens = length // _CHARS_A_TOKEN + call.sampling.max_tokens
        form = self._form

        def build() -> bytes:
            nonlocal form
            form = self._form
            return encode(self.body(call))

        try:
            found, seconds = await self.endpoint.post(
                "/chat/completions",
                build,
                decode_completion,
                work=call.task,
                tokens=tokens,
                seed=call.seed,
                adapt=lambda problem: self._adapt(problem, form if call.schema else ""),
            )
        except BackendError as error:
            if error.kind == "not found":
                raise await self._unknown_model(error) from None
            raise
        return self.reply(found, length, seconds)

    def reply(
        self, found: Completion, chars_in: int, seconds: float, *, share: float = 1.0
    ) -> Reply:
        """What a completion says, with its cost counted; `share` of the listed price is paid."""
        text, finish = read_choice(found.choices[0])
        cost = self._cost(found.usage, chars_in, len(text), seconds, share)
        return Reply(text=text, model=found.model or self.model, finish=finish, cost=cost)

    async def score(self, before: str, text: str) -> Scored:
        """The log-probabilities of `text` after `before`, from the server's own words.

        Raises:
            BackendError: If the server scores only what it writes itself.
            RecordError: If no token begins where `text` does.
        """
        where = self.endpoint.where
        if self._echo == "":
            raise cannot_score(where)
        forms = (self._echo,) if self._echo else ("prompt_logprobs", "echo")
        for form in forms:
            try:
                found, seconds = await self.endpoint.post(
                    "/completions",
                    lambda form=form: encode(self._echo_body(before + text, form)),  # type: ignore[misc]
                    decode_echoed,
                    work="score",
                    tokens=len(before + text) // _CHARS_A_TOKEN,
                )
                tokens, logprobs = of_given_text(found, before, text, where)
            except BackendError as error:
                if error.kind == "not found":
                    error = await self._unknown_model(error)
                if error.kind not in ("request", "not found", "no log-probabilities"):
                    raise error from None
                continue
            self._echo = form
            cost = self._cost(found.usage, len(before + text), 0, seconds)
            return Scored(tokens=tokens, logprobs=logprobs, cost=cost)
        if self._echo is None:
            self._echo = ""
        raise cannot_score(where)

    async def odds(self, call: Call, words: Sequence[str]) -> Odds:
        """How likely the reply to a call begins with each word, by its first token.

        A word that the model writes in several tokens is never seen, and said to be unseen.

        Raises:
            BackendError: If the server does not tell.
        """
        length = sum(len(m.content) for m in call.messages)
        top = MOST_TOP

        def build() -> bytes:
            body = self.body(msgspec.structs.replace(call, schema=None))
            body |= {self._length_name: 1, "logprobs": True, "top_logprobs": top}
            body.pop("stream", None)
            body.pop("stream_options", None)
            return encode(body)

        def adapt(problem: Problem) -> bool:
            nonlocal top
            if "top_logprobs" in problem.message + problem.param and top > 5:
                top = 5  # some servers show no more
                return True
            return self._adapt(problem)

        found, seconds = await self.endpoint.post(
            "/chat/completions",
            build,
            decode_begun,
            work=f"{call.task} odds",
            tokens=length // _CHARS_A_TOKEN + 1,
            seed=call.seed,
            adapt=adapt,
        )
        logs, unseen, ceiling = of_first_token(found, words, self.endpoint.where)
        cost = self._cost(found.usage, length, 1, seconds)
        return Odds(logprobs=logs, unseen=unseen, ceiling=ceiling, cost=cost)

    async def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit-length rows, shape `(len(texts), dim)`, in order; `(0, 0)` for no texts.

        Raises:
            BackendError: If the server gives no vectors, or a vector of zeros.
        """
        import numpy as np

        batches = list(_batches(texts, self._embed_texts))
        if not batches:
            return np.zeros((0, 0), dtype=np.float32)
        rows = np.concatenate(await asyncio.gather(*map(self._embed_any, batches)))
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and (lengths > 0).all()):
            raise BackendError(
                f"{self.ref} gave a vector without direction",
                why="all of its entries are 0, or one is no number",
                fix="give the embedder role a model made for embeddings",
                kind="embedding",
            )
        unit: npt.NDArray[np.float32] = rows / lengths
        return unit

    async def models(self) -> list[str]:
        """The names of the models that the server offers. Raises BackendError."""
        body = await self.endpoint.get("/models")
        try:
            return sorted(str(m["id"]) for m in msgspec.json.decode(body)["data"])
        except (msgspec.MsgspecError, KeyError, TypeError) as error:
            why = f"its list of models cannot be read: {error}"
            raise BackendError(f"{self.endpoint.where.address} is odd", why=why) from None

    @property
    def in_flight(self) -> int:
        """Requests that are out."""
        return self.endpoint.limiter.in_flight

    def stop(self) -> None:
        """Send nothing more; what is out is still answered."""
        self.endpoint.stop()

    def waiting_for(self) -> list[str]:
        """What calls wait for beside ordinary replies, in words."""
        return self.endpoint.waiting_for()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self.endpoint.aclose()

    def body(self, call: Call) -> dict[str, Any]:
        """What is sent for a call, less what this server was found not to take."""
        sampling = call.sampling
        long = self.stream_from is not None and sampling.max_tokens >= self.stream_from
        # What is the same in every call of a task comes first, and so do the messages' own
        # instructions: a server's prefix cache hits.
        body: dict[str, Any] = {
            "model": self.model,
            "messages": call.messages,
            "temperature": sampling.temperature,
            "top_k": sampling.top_k,
            "top_p": sampling.top_p if sampling.top_p < 1 else None,
            self._length_name: sampling.max_tokens,
            "stop": sampling.stop or None,
            "seed": call.seed & 0x7FFFFFFF,
            "stream": True if long else None,
            "stream_options": {"include_usage": True} if long else None,
        }
        if call.schema is not None and self._form == "json_object":
            body["response_format"] = {"type": "json_object"}
        elif call.schema is not None and self._form:
            form: dict[str, Any] = {"name": re.sub(r"\W", "_", call.task), "schema": call.schema}
            if call.schema.get("additionalProperties") is False:
                form["strict"] = True
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        return {k: v for k, v in body.items() if v is not None and k not in self._without}

    def _echo_body(self, text: str, form: str | None) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self.model, "prompt": text, "temperature": 0}
        if form == "echo":
            return body | {"max_tokens": 1, "echo": True, "logprobs": 1}
        return body | {"max_tokens": 1, "prompt_logprobs": 0}

    def _adapt(self, problem: Problem, form: str = "") -> bool:
        """Another call may have learnt it meanwhile: then only send again."""
        name = problem.rejected(_OPTIONAL)
        about_form = name == "response_format" or re.search(
            r"response_format|json_schema|json_object", problem.message + problem.param
        )
        if form and about_form:
            if self._form == form:
                self._form = _FORMS[_FORMS.index(form) + 1]
                instead = f"{self._form} is sent" if self._form else "the prompt alone asks for it"
                self._note(f"{self.ref} does not take {form} as response_format: {instead}")
            return True
        if name == "max_tokens":
            self._length_name = "max_completion_tokens"
            self._note(f"{self.ref} takes max_completion_tokens in place of max_tokens")
        elif name:
            self._without.add(name)
            self._note(f"{self.ref} does not take {name}: it is no longer sent")
        return bool(name)

    def _cost(
        self,
        usage: Usage | None,
        chars_in: int,
        chars_out: int,
        seconds: float,
        share: float = 1.0,
    ) -> Cost:
        tokens_in = usage.prompt_tokens if usage else None
        tokens_out = usage.completion_tokens if usage else None
        if tokens_in is None or (tokens_out is None and chars_out):
            self._note(f"{self.ref} does not say how many tokens it used: they are estimated")
        if tokens_in is None:
            tokens_in = -(-chars_in // _CHARS_A_TOKEN)
        if tokens_out is None:
            tokens_out = -(-chars_out // _CHARS_A_TOKEN)
        usd = share * self.price.usd(tokens_in, tokens_out) if self.price else 0.0
        cost = Cost(calls=1, tokens_in=tokens_in, tokens_out=tokens_out, seconds=seconds, usd=usd)
        self.total += cost
        took(cost)
        return cost

    async def _embed_any(self, texts: list[str]) -> npt.NDArray[np.float32]:
        """The vectors, in smaller requests where the server takes no more at once."""
        import numpy as np

        try:
            return await self._embed(texts)
        except BackendError as error:
            told = error.kind in ("request", "context length") and _TOO_MANY.search(error.why)
            if len(texts) == 1 or not told:
                raise
        most = -(-len(texts) // 2)
        if most < self._embed_texts:
            self._embed_texts = most
            self._note(f"{self.ref} takes fewer texts at once: {most} are sent from now on")
        parts = [await self._embed_any(part) for part in _batches(texts, most)]
        return np.concatenate(parts)

    async def _embed(self, texts: list[str]) -> npt.NDArray[np.float32]:
        import numpy as np

        body = encode({"model": self.model, "input": texts})
        length = sum(map(len, texts))

        def decode(data: bytes) -> Vectors:
            return decode_vectors(data, len(texts))

        found, seconds = await self.endpoint.post(
            "/embeddings", lambda: body, decode, work="embed", tokens=length // _CHARS_A_TOKEN
        )
        self._cost(found.usage, length, 0, seconds)
        return np.array([row.embedding for row in found.data], dtype=np.float32)

    async def _unknown_model(self, error: BackendError) -> BackendError:
        try:
            offered = await self.models()
        except BackendError:
            return error
        if not offered or self.model in offered:
            return error
        near = difflib.get_close_matches(self.model, offered, n=1, cutoff=0.0)[0]
        names = ", ".join(offered[:12]) + (", ..." if len(offered) > 12 else "")
        return BackendError(
            f"{self.endpoint.where.address} has no model {self.model!r}",
            why=f"it offers: {names}",
            fix=f"the nearest name is {near!r}",
            kind="unknown model",
        )

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)
            _log.warning("%s", text)


def _batches(texts: Sequence[str], most: int) -> Iterator[list[str]]:
    """The texts in order, in requests of at most so many, and of so many characters."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and (len(batch) >= most or size + len(text) > _EMBED_CHARS):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch
