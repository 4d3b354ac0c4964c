"""Write one conversation: the program that the engine runs."""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from dramaturg.models.embedded import formats
from dramaturg.models.embedded.bpe import Bpe
from dramaturg.models.embedded.echo import Echo
from dramaturg.models.embedded.engine import Program, Step
from dramaturg.models.embedded.formats import Control, Ids
from dramaturg.models.embedded.guidance import guided
from dramaturg.models.embedded.overlap import share_said
from dramaturg.models.embedded.pull import Pull
from dramaturg.models.embedded.sampling import Grams, Sampler, log_likelihood
from dramaturg.models.embedded.shipped import Array
from dramaturg.models.embedded.worth import GOOD, Judge, Setting, says_of_self, worth

TURN_TOKENS = 72  # a turn that runs on so long is ended at its last sentence
BASE_RATE = 0.15  # share of turns that carry a fact in the training conversations
PACE = 1.5  # nats for each slot that a speaker is behind the share asked for
LATE = 2  # the last turns of a conversation bring up no new fact
PULL = 1.0  # nats, see `pull`
STRONGER = 0.5  # of the pull is added with each further draft
DRAFTS = 5  # most drafts of a turn, see `worth`
ENDS = (Control.U1, Control.U2, Control.CLOSE, Control.EOS)

_FACT_END = Control.SAY
_SENTENCE_END = re.compile(r"[.!?][\"')]*$")


@dataclass(frozen=True)
class Order:
    """What to write.

    Attributes:
        facts: Token ids of each fact of either speaker, already cut to fit.
        texts: The same facts as text.
        turns: Target number of turns; the conversation ends at it or up to two turns later,
            earlier only when the context is full.
        style: "made" (Synthetic-Persona-Chat) or "human" (Persona-Chat).
        grounding: Share of turns that should bring up a fact, 0 to 1, while facts are left.
        drafts: Most drafts of a turn.
        pull: Bonus towards the words of a turn's fact, in nats (see `pull`).
        guidance: How many times more what the facts add counts (see `guidance`); it takes two
            sequences, and twice the time.
        echo: Nats that a word said in the turn already loses (see `echo`).
        brief: Nats that the end of a turn gains at the end of each of its sentences, times their
            number.
        compared: Good drafts that are written before the likeliest of the best is kept.
        judge: What experts hold against a draft.
    """

    facts: tuple[Sequence[Ids], Sequence[Ids]]
    texts: tuple[Sequence[str], Sequence[str]]
    turns: int
    seed: int | str
    style: str = "made"
    grounding: float = 0.5
    temperature: float = 0.7
    top_k: int = 40
    drafts: int = DRAFTS
    pull: float = PULL
    guidance: float = 0.0
    echo: float = 2.0
    brief: float = 0.5
    compared: int = 1
    judge: Judge | None = None


@dataclass(frozen=True)
class WrittenTurn:
    """One turn; `fact` is the index of the fact in its slot, `said` the share of it in the text."""

    speaker: int
    text: str
    fact: int | None
    said: float | None


@dataclass
class Script:
    """The finished turns and what they cost."""

    turns: list[WrittenTurn] = field(default_factory=list)
    tokens_in: int = 0
    tokens_out: int = 0


class Writing:
    """The state of a conversation while it is written."""

    def __init__(self, order: Order, bpe: Bpe, context: int) -> None:
        self.order, self.bpe, self.context = order, bpe, context
        self.sampler = Sampler(order.seed, temperature=order.temperature, top_k=order.top_k)
        self.script = Script()
        self.grams = Grams()
        self.echo = Echo(bpe, order.echo)
        self.unused = [dict(enumerate(map(tuple, side))) for side in order.facts]
        self.length = 0

    def run(self) -> Program[Script]:
        """The program of a conversation; it has two sequences with guidance, else one."""
        return self._guided(self._whole())

    def run_next(self, said: Sequence[tuple[int, str]], who: int) -> Program[Script]:
        """The program of one turn, as `run`; see `_next`."""
        return self._guided(self._next(said, who))

    def _guided(self, program: Program[Script]) -> Program[Script]:
        order = self.order
        if not order.guidance:
            return program
        empty = formats.header([], [], style=order.style, turns=order.turns)
        return guided(program, empty, order.guidance)

    def _whole(self) -> Program[Script]:
        """The program: header, then turn after turn."""
        order, turns = self.order, self.script.turns
        head = self._header()
        self.script.tokens_in = len(head)
        yield from self._feed(head)
        room = self.context - TURN_TOKENS - formats.FACT_TOKENS - 8
        while self.length < room and not self._over():
            yield from self._turn(len(turns) % 2, order.turns - len(turns))
        return self.script

    def _next(self, said: Sequence[tuple[int, str]], who: int) -> Program[Script]:
        """The program of one turn: header, what was said, then the next turn of `who`.

        The earliest turns are left out where the context is too short for all.
        """
        order, turns = self.order, self.script.turns
        head = self._header()
        room = self.context - len(head) - TURN_TOKENS - formats.FACT_TOKENS - 8
        before: list[tuple[int, str, Ids]] = []
        for speaker, text in reversed(said):
            ids = [formats.speaker(speaker), Control.SAY, *self.bpe.encode(text)]
            room -= len(ids)
            if room < 0:
                break
            before.append((speaker, text, ids))
        heard: Ids = []
        for speaker, text, ids in reversed(before):
            heard += ids
            turns.append(WrittenTurn(speaker, text, None, None))
            self._note_unasked(speaker, text)
        self.script.tokens_in = len(head) + len(heard)
        yield from self._feed(head)
        if heard:
            yield from self._feed(heard)
        yield from self._turn(who, order.turns - len(turns))
        return self.script

    def _header(self) -> Ids:
        order = self.order
        share = order.grounding or None  # 0 means no slots: how much is told anyway stays open
        return formats.header(*order.facts, style=order.style, turns=order.turns, grounding=share)

    def _over(self) -> bool:
        turns, target = self.script.turns, self.order.turns
        asked = bool(turns) and turns[-1].text.endswith("?")
        return len(turns) >= target + 2 or (len(turns) >= target and not asked)

    def _turn(self, who: int, left: int) -> Generator[Step, Array, None]:
        """One turn; `left` counts it and the turns after it."""
        lead: Ids = [Control.CLOSE] if left <= formats.CLOSING_TURNS else []
        logits = yield from self._feed([*lead, formats.speaker(who)])
        fact = None
        if self._wants_fact(who, left, logits):
            logits = yield from self._feed([Control.FACT])
            fact = yield from self._slot(who, logits)
        first = yield from self._feed([Control.SAY])
        start = self.length
        wanted = self.order.texts[who][fact] if fact is not None else ""
        slot = list(self.order.facts[who][fact]) if fact is not None else []
        setting = self._setting(who, wanted)
        drafts: list[tuple[float, float, str, Ids]] = []
        good = 0
        for number in range(max(1, self.order.drafts)):
            pull = Pull(slot, self.bpe, self.order.pull * (1.0 + STRONGER * number))
            ids, likely = yield from self._say(first, start, pull, heat=1.0 + 0.1 * number)
            text = self.bpe.decode(ids).strip()
            value = worth(text, setting, self.order.judge)
            drafts.append((min(value, GOOD), likely, text, ids))
            good += value >= GOOD
            if good >= self.order.compared:
                break
        best = max(range(len(drafts)), key=lambda n: drafts[n][:2])
        _, _, text, ids = drafts[best]
        if best != len(drafts) - 1 and ids:
            self.length = start + len(ids)
            yield Step(list(ids), keep=start)
        self.grams.restart()
        for token in ids:
            self.grams.add(token)
        self.grams.end()
        share = share_said(wanted, text) if wanted else None
        self.script.turns.append(WrittenTurn(who, text, fact, share))
        self._note_unasked(who, text)

    def _setting(self, who: int, wanted: str) -> Setting:
        before: tuple[list[str], list[str]] = ([], [])
        for turn in self.script.turns:
            before[turn.speaker].append(turn.text)
        texts = self.order.texts
        return Setting(wanted, texts[who], texts[1 - who], before[who], before[1 - who])

    def _note_unasked(self, who: int, text: str) -> None:
        """A fact that a turn says without having it in its slot is used up as well."""
        for index in list(self.unused[who]):
            if says_of_self(self.order.texts[who][index], text):
                del self.unused[who][index]

    def _wants_fact(self, who: int, left: int, logits: Array) -> bool:
        """The model's own odds for a slot, moved to the share of turns that is asked for."""
        own_left = (left + 1) // 2
        greeting = not self.script.turns
        if greeting or not self.unused[who] or left <= LATE or self.order.grounding <= 0:
            return False
        share = min(self.order.grounding, len(self.unused[who]) / max(1, own_left - 1), 0.99)
        own = float(logits[Control.FACT]) - float(logits[Control.SAY])
        before = [turn for turn in self.script.turns if turn.speaker == who]
        behind = share * len(before) - sum(turn.fact is not None for turn in before)
        odds = own + _log_odds(share) - _log_odds(BASE_RATE) + PACE * behind
        return self.sampler.yes(odds)

    def _slot(self, who: int, logits: Array) -> Generator[Step, Array, int]:
        """Let the model spell one unused fact of this speaker; returns its index."""
        open_facts = dict(self.unused[who])
        place = 0
        while len(open_facts) > 1:
            following: dict[int, list[int]] = {}
            for index, ids in open_facts.items():
                token = ids[place] if place < len(ids) else int(_FACT_END)
                following.setdefault(token, []).append(index)
            token = self.sampler.among(logits, sorted(following))
            open_facts = {index: open_facts[index] for index in following[token]}
            if token == _FACT_END:
                break
            place += 1
            logits = yield from self._feed([token])
        index = min(open_facts)
        rest = list(open_facts[index][place:])
        if rest:
            yield from self._feed(rest)
        del self.unused[who][index]
        return index

    def _say(
        self, logits: Array, start: int, pull: Pull, heat: float
    ) -> Generator[Step, Array, tuple[Ids, float]]:
        """Sample the words of a turn from `start` on; also their mean log-likelihood."""
        self.length = start
        self.grams.restart()
        self.echo.restart()
        ids: Ids = []
        nats: list[float] = []
        keep: int | None = start
        sentence = sentences = 0
        while len(ids) < TURN_TOKENS:
            changes = self.echo.losses() | pull.bonuses(ids)
            if sentence and sentence == len(ids):
                changes |= dict.fromkeys(map(int, ENDS), self.order.brief * sentences)
            token = self.sampler.text(logits, ENDS if ids else (), self.grams, heat, changes)
            if self.order.compared > 1:
                nats.append(log_likelihood(logits, token))
            if token < formats.FIRST_BYTE:
                break
            ids.append(token)
            self.grams.add(token)
            self.echo.add(token)
            if _SENTENCE_END.search(self.bpe.decode([token])):
                sentence, sentences = len(ids), sentences + 1
            logits = yield Step([token], keep=keep)
            keep = None
            self.length += 1
            self.script.tokens_out += 1
        else:
            ids = yield from self._cut(ids, start, sentence)
        return ids, math.fsum(nats) / max(1, len(nats))

    def _cut(self, ids: Ids, start: int, sentence: int) -> Generator[Step, Array, Ids]:
        """A turn that ran on, taken back to its last whole sentence."""
        if 0 < sentence < len(ids):
            ids = ids[:sentence]
            self.length = start + len(ids)
            yield Step([ids[-1]], keep=self.length - 1)
        return ids

    def _feed(self, ids: Ids) -> Generator[Step, Array, Array]:
        self.length += len(ids)
        return (yield Step(list(ids), keep=self.length - len(ids)))


def _log_odds(share: float) -> float:
    return math.log(share / (1.0 - share))
