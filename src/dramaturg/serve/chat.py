"""/v1/chat/completions: two personas -> conversation, or persona and talk -> next turn."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import TYPE_CHECKING, Any

from dramaturg.models.embedded.aloud import (
    MOST_HEARD,
    conversation_aloud,
    history_tokens,
    turn_aloud,
)
from dramaturg.models.embedded.bpe import Bpe
from dramaturg.models.embedded.continuation import Spelling, Token
from dramaturg.models.embedded.engine import Engine, Program
from dramaturg.models.embedded.writer import HEADER_TOKENS, truncated_facts
from dramaturg.prompts import Sampling
from dramaturg.serve.fields import Fields
from dramaturg.serve.layout import Talk, check_fits, read_talk
from dramaturg.serve.outlet import Ended, Hear, Item, Outlet, listen
from dramaturg.serve.own_prompts import performed, recognised
from dramaturg.serve.refused import Refused
from dramaturg.serve.reply import MOST_CHOICES, Work, seeds

if TYPE_CHECKING:
    from dramaturg.models.embedded.conversation import WrittenTurn

_DRAFTS = "turns are drafted several times, with a pull towards the fact"


def chat(fields: Fields, engine: Engine, bpe: Bpe) -> Work:
    """What a request asks for. Raises Refused."""
    messages = fields.need("messages")
    known = recognised(messages)
    talk = Talk((), ()) if known else read_talk(messages)
    _check(talk, engine)
    limits = [fields.whole(name, 1, 1 << 20) for name in ("max_tokens", "max_completion_tokens")]
    most = min((limit for limit in limits if limit is not None), default=1 << 20)
    temperature = max(fields.number("temperature", 0, 2, 0.7), 1e-3)
    top_k = fields.whole("top_k", 1, 1 << 13) or 40
    stops, seed = fields.stops(), fields.whole("seed", -(2**63), 2**63 - 1)
    choices = fields.whole("n", 1, MOST_CHOICES) or 1
    fields.only("top_p", (1,), _DRAFTS)
    fields.only("frequency_penalty", (0,), _DRAFTS)
    fields.only("presence_penalty", (0,), _DRAFTS)
    fields.only("logit_bias", ({},), _DRAFTS)
    fields.only("logprobs", (False,), f"{_DRAFTS}; /v1/completions tells them")
    fields.only("top_logprobs", (0,), f"{_DRAFTS}; /v1/completions tells them")
    fields.only("response_format", ({"type": "text"},), "it follows no instructions")
    fields.only("tools", ([],), "it follows no instructions")
    fields.only("tool_choice", ("none", "auto"), "it follows no instructions")
    stream = fields.flag("stream")
    usage = fields.usage_in_stream(stream)
    fields.end()

    def maker(one_seed: str) -> Callable[[Hear], Program[Ended]]:
        def program(hear: Hear) -> Program[Ended]:
            said = _Said(bpe, stops, hear, most, whole=talk.said is None)
            settings: dict[str, Any] = {
                "seed": one_seed, "style": talk.style, "temperature": temperature, "top_k": top_k,
            }  # fmt: skip
            if talk.grounding is not None:
                settings["grounding"] = talk.grounding
            if talk.said is None:
                settings["turns"] = talk.turns
                script = yield from conversation_aloud(
                    talk.facts_1, talk.facts_2, said.hear, **settings
                )
            else:
                script = yield from turn_aloud(
                    talk.facts_1, talk.facts_2, talk.said, said.hear, **settings
                )
            said.end()
            return Ended(said.reason, script.tokens_in, said.count)

        return program

    drawn = seeds(seed, choices)
    makers = [maker(one) for one in drawn]
    sampling = Sampling(temperature=temperature, top_k=top_k, max_tokens=most)

    def items() -> AsyncGenerator[tuple[int, Item], None]:
        if known:
            return performed(known, drawn, sampling, stops, bpe)
        return listen(engine, makers)

    return Work("chat.completion", choices, items, None, stream, usage, Shape())


class _Said:
    """Turns as text, token by token, up to the limit or a stop string."""

    def __init__(
        self, bpe: Bpe, stops: Sequence[str], hear: Hear, most: int, *, whole: bool
    ) -> None:
        self.count, self.reason = 0, "stop"
        self._bpe, self._most, self._whole, self._hear = bpe, most, whole, hear
        self._ready: list[Token] = []
        self._outlet = Outlet(stops, self._ready.extend)
        self._spelling = Spelling(bpe, drop_space=False)
        self._begun = False

    def hear(self, turn: WrittenTurn) -> bool:
        """One more turn; true when there is enough."""
        line = " ".join(turn.text.split())
        if self._whole:
            line = f"{chr(10) * self._begun}User {turn.speaker + 1}: {line}"
        self._begun = True
        enough = self._spell(line)
        self._flush()
        return enough

    def end(self) -> None:
        """The talk is over."""
        self._outlet.end()
        self._flush()

    def _spell(self, line: str) -> bool:
        for token in self._bpe.encode(line, spaced=False):
            if self.count == self._most:
                self.reason = "length"
                return True
            self.count += 1
            if self._outlet.say(Token(self._spelling.add(token))):
                return True
        return False

    def _flush(self) -> None:
        if self._ready:
            self._hear(list(self._ready))
            self._ready.clear()


class Shape:
    """Choices as /v1/chat/completions shows them."""

    def first(self, index: int) -> dict[str, Any] | None:
        """A stream begins with the role."""
        delta = {"role": "assistant", "content": ""}
        return {"index": index, "delta": delta, "logprobs": None, "finish_reason": None}

    def piece(self, index: int, tokens: Sequence[Token], reason: str | None) -> dict[str, Any]:
        """The next part of a choice."""
        text = "".join(token.text for token in tokens)
        delta = {"content": text} if text else {}
        return {"index": index, "delta": delta, "logprobs": None, "finish_reason": reason}

    def whole(self, index: int, tokens: Sequence[Token], reason: str | None) -> dict[str, Any]:
        """A whole choice."""
        text = "".join(token.text for token in tokens)
        message = {"role": "assistant", "content": text, "refusal": None}
        return {"index": index, "message": message, "logprobs": None, "finish_reason": reason}


def _check(talk: Talk, engine: Engine) -> None:
    """Refuse what the model would read only in part."""
    names = ("person 1", "person 2") if talk.said is None else ("the persona", "the partner")
    if len(talk.facts_1) + len(talk.facts_2) > HEADER_TOKENS // 2:  # a fact takes two at least
        raise Refused(
            f"{len(talk.facts_1) + len(talk.facts_2)} facts are too many: all together may take "
            f"{HEADER_TOKENS} tokens",
            param="messages",
            code="context_length_exceeded",
        )
    check_fits(truncated_facts(talk.facts_1, talk.facts_2), names)
    if talk.said is None:
        return
    if len(talk.said) > MOST_HEARD:
        why = f"the talk has {len(talk.said)} turns"
    elif (
        need := history_tokens(talk.facts_1, talk.facts_2, [text for _, text in talk.said])
    ) > engine.context:
        why = f"facts, talk and the turn to come take {need} tokens"
    else:
        return
    raise Refused(
        f"{why}: the model reads {MOST_HEARD} turns and {engine.context} tokens at most; leave out "
        "the earliest",
        param="messages",
        code="context_length_exceeded",
    )
