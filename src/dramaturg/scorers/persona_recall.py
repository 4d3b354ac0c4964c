"""How much of a persona can be read from what its owner says, and whether what is read is true.

Source: the human faithfulness study of Jandaghi et al. 2023, arXiv:2312.10007: true attributes
among distractors, tick what you would infer; precision of the ticks, and recall.
Differs: the ticks are those of words, of an inference model, or of a chat model. Silence is
faithful, so precision alone can be bought by saying nothing: read both.
"""

from __future__ import annotations

import random
import re
from collections.abc import Awaitable, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from dramaturg.errors import NotJudged, ReplyError
from dramaturg.models import ChatModel, NLIModel, ask
from dramaturg.prompts import Sampling, Task, load, quote
from dramaturg.records import Conversation, Cost, Evidence, Verdict, derive_seed
from dramaturg.scorers.asked import need_personas, need_words
from dramaturg.scorers.base import MEASURED, PROMPTED, RULE, Scorer, timeless
from dramaturg.scorers.faithfulness import claims, fact_id
from dramaturg.scorers.once import Once
from dramaturg.scorers.shown import SHOWN, said_in_first_person, share_said
from dramaturg.scorers.yes_no import needs, talk

Kind: TypeAlias = Literal["true", "other", "negated"]
DISTRACTORS = 4

_LISTS = re.compile(r"(?im)^\W*(follows|contradicted)\W*[:\-]\W*(.*)$")


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """One statement that a reader may tick for one speaker.

    Attributes:
        kind: "true" of the speaker, of an "other" person, or a "negated" fact of the speaker.
        ticked: Whether it follows from what the speaker says.
        turn: Where it shows, None if it does not, or if the judge did not say.
    """

    speaker: int
    fact: str
    kind: Kind
    fact_id: str | None = None
    ticked: bool = False
    turn: int | None = None


class Ticks(msgspec.Struct, frozen=True, kw_only=True):
    """The options of all speakers with a persona, and what the ticks took."""

    options: tuple[Option, ...]
    cost: Cost = msgspec.field(default_factory=Cost)


class AttributesInput(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation, whose statements they are, and the statements from 1."""

    turns: tuple[tuple[int, str], ...]
    speaker: int
    statements: tuple[str, ...]


def persona_shown_by(
    judge: NLIModel | ChatModel | None,
    others: Sequence[str] = (),
    *,
    distractors: int = DISTRACTORS,
    threshold: float = 0.5,
) -> tuple[Scorer, Scorer]:
    """Persona recall and persona precision by one judge; they share its answers.

    Args:
        judge: None takes words: an attribute shows when 60 % of its content words occur in its
            owner's first-person turns. Words cannot tell a denial, so then all distractors are
            of other people; else up to half of them are negations of the speaker's own facts.
        others: Attributes of other people to draw distractors from; without any, precision
            rests on negated facts alone.
        threshold: p(entail) from which an attribute shows; inference model only.

    Returns:
        Two scorers with values in [0, 1]. Recall: of what is true, the share that shows.
        Precision: of what shows, the share that is true; not judged where nothing shows.
    """
    reader: _Reader
    if judge is None:
        reader = _Words()
    elif isinstance(judge, NLIModel):
        reader = _Inference(judge, threshold)
    else:
        reader = _Asked(judge)
    pool = sorted(set(others))

    async def look(conversation: Conversation, seed: int) -> Ticks:
        options = _options(conversation, pool, distractors, reader.negations, seed)
        return await reader.tick(conversation, options, seed)

    ticks = Once(look)
    return _Recall(reader, ticks), _Precision(reader, ticks)


class _Reader:
    version, model, cost_rank, negations = "", "", RULE, False

    def tick(
        self, conversation: Conversation, options: list[Option], seed: int
    ) -> Awaitable[Ticks]:
        raise NotImplementedError


class _Words(_Reader):
    version = "words-1"

    async def tick(self, conversation: Conversation, options: list[Option], seed: int) -> Ticks:
        said = [said_in_first_person(conversation, i) for i in range(len(conversation.speakers))]
        found = []
        for option in options:
            share = share_said(option.fact, said[option.speaker])
            if share is not None:  # an attribute without a content word can never show
                found.append(msgspec.structs.replace(option, ticked=share >= SHOWN))
        return Ticks(options=tuple(found))


class _Inference(_Reader):
    version, cost_rank, negations = "nli-1", MEASURED, True

    def __init__(self, nli: NLIModel, threshold: float) -> None:
        self.nli, self.threshold, self.model = nli, threshold, nli.ref

    async def tick(self, conversation: Conversation, options: list[Option], seed: int) -> Ticks:
        places: list[tuple[int, int]] = []
        pairs: list[tuple[str, str]] = []
        said = [(i, turn.speaker, claims(turn.text)) for i, turn in enumerate(conversation.turns)]
        for number, option in enumerate(options):
            for turn, speaker, text in said:
                if speaker == option.speaker and text:
                    places.append((number, turn))
                    pairs.append((text, option.fact))
        best: dict[int, tuple[float, int]] = {}
        judged = await self.nli.judge(pairs, seed=seed) if pairs else []
        for (number, turn), one in zip(places, judged, strict=True):
            if one.label == "entail" and one.p_entail >= self.threshold:
                best[number] = max(best.get(number, (0.0, -1)), (one.p_entail, turn))
        return Ticks(
            options=tuple(
                msgspec.structs.replace(option, ticked=True, turn=best[number][1])
                if number in best
                else option
                for number, option in enumerate(options)
            )
        )


class _Asked(_Reader):
    version, cost_rank, negations = "prompt-1", PROMPTED, True

    def __init__(self, model: ChatModel) -> None:
        self.chat, self.model = model, model.ref
        needs(model, _TASK.name)

    async def tick(self, conversation: Conversation, options: list[Option], seed: int) -> Ticks:
        cost, found = Cost(), []
        for speaker in dict.fromkeys(option.speaker for option in options):
            shown = [option for option in options if option.speaker == speaker]
            random.Random(derive_seed(seed, "ticks", conversation.id, speaker)).shuffle(shown)
            answer = await ask(
                self.chat,
                _TASK,
                AttributesInput(
                    turns=tuple((turn.speaker, turn.text) for turn in conversation.turns),
                    speaker=speaker,
                    statements=tuple(option.fact for option in shown),
                ),
                seed=derive_seed(seed, speaker),
                about=conversation.id,
            )
            cost = cost + timeless(answer.cost)
            found += [
                msgspec.structs.replace(option, ticked=number in answer.value)
                for number, option in enumerate(shown, 1)
            ]
        return Ticks(options=tuple(found), cost=cost)


class _Recall:
    name, low, high = "persona_recall", 0.0, 1.0

    def __init__(self, reader: _Reader, ticks: Once[Ticks]) -> None:
        self.version, self.cost_rank, self.model = reader.version, reader.cost_rank, reader.model
        self._ticks = ticks

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        need_personas(conversation)
        ticks, first = await self._ticks(conversation, seed)
        cost = ticks.cost if first else Cost()
        true = [option for option in ticks.options if option.kind == "true"]
        if not true:
            raise NotJudged("no attribute has a content word", kind="no persona", cost=cost)
        shown = [option for option in true if option.ticked]
        hidden = [option for option in true if not option.ticked]
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(len(shown) / len(true), 6),
            reasons=(
                f"{len(shown)} of {len(true)} attributes show",
                *(f"{_who(conversation, o)} never shows {o.fact!r}" for o in hidden),
            ),
            evidence=tuple(Evidence(turn=o.turn, fact_id=o.fact_id, note="shows") for o in shown),
            model=self.model,
            cost=cost,
        )


class _Precision:
    name, low, high = "persona_precision", 0.0, 1.0

    def __init__(self, reader: _Reader, ticks: Once[Ticks]) -> None:
        self.version, self.cost_rank, self.model = reader.version, reader.cost_rank, reader.model
        self._ticks = ticks

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        need_words(conversation)
        need_personas(conversation)
        ticks, first = await self._ticks(conversation, seed)
        cost = ticks.cost if first else Cost()
        if all(option.kind == "true" for option in ticks.options):
            raise NotJudged(
                "there are no attributes of other people", kind="no distractors", cost=cost
            )
        shown = [option for option in ticks.options if option.ticked]
        if not shown:
            raise NotJudged("no attribute shows, true or not", kind="nothing shows", cost=cost)
        false = [option for option in shown if option.kind != "true"]
        why = {"other": "an attribute of somebody else", "negated": "the opposite of a fact"}
        return Verdict(
            subject=conversation.id,
            scorer=self.name,
            version=self.version,
            value=round(1 - len(false) / len(shown), 6),
            reasons=tuple(
                f"{_who(conversation, o)} seems to say {o.fact!r}, {why[o.kind]}" for o in false
            ),
            evidence=tuple(Evidence(turn=o.turn, note=o.fact) for o in false),
            model=self.model,
            cost=cost,
        )


def parse_ticks(reply: str, inputs: AttributesInput) -> frozenset[int]:
    """The numbers after "Follows:"; those contradicted are none of them.

    Raises:
        ReplyError: kind "no list" without such a line, "unknown statement" for a number that is
            not there.
    """
    lists = {hit[1].lower(): hit[2] for hit in _LISTS.finditer(reply)}
    if "follows" not in lists:
        raise ReplyError("the reply has no line 'Follows: ...'", kind="no list")
    numbers = [int(n) for n in re.findall(r"\d+", lists["follows"])]
    if any(not 1 <= n <= len(inputs.statements) for n in numbers):
        raise ReplyError("the reply names a statement that is not there", kind="unknown statement")
    return frozenset(numbers)


def _fill(inputs: AttributesInput) -> Mapping[str, str]:
    return {
        "conversation": talk(inputs.turns),
        "speaker": f"user_{inputs.speaker + 1}",
        "statements": "\n".join(f"{n}. {quote(s)}" for n, s in enumerate(inputs.statements, 1)),
    }


_TASK: Task[AttributesInput, frozenset[int]] = Task(
    name="judge.attributes",
    prompt=load("dramaturg.scorers", "attributes"),
    fill=_fill,
    parse=parse_ticks,
    sampling=Sampling(temperature=0.0, top_k=None, max_tokens=100),
)


def _options(
    conversation: Conversation, pool: Sequence[str], count: int, negations: bool, seed: int
) -> list[Option]:
    here = {fact for speaker in conversation.speakers for fact in speaker.persona}
    found: list[Option] = []
    from dramaturg.models.experts.negate import negate

    for who, speaker in enumerate(conversation.speakers):
        if not speaker.persona:
            continue
        draw = random.Random(derive_seed(seed, "distractors", conversation.id, who))
        for n, fact in enumerate(speaker.persona):
            known = fact_id(conversation, who, n)
            found.append(Option(speaker=who, fact=fact, kind="true", fact_id=known))
        denied = [text for fact in speaker.persona if (text := negate(fact))] if negations else []
        denied = draw.sample(denied, min(count // 2, len(denied)))
        found += [Option(speaker=who, fact=text, kind="negated") for text in denied]
        strangers: list[str] = []
        for _ in range(20 * count if pool else 0):
            fact = draw.choice(pool)
            if len(strangers) == count - len(denied):
                break
            if fact not in here and fact not in strangers:
                strangers.append(fact)
        found += [Option(speaker=who, fact=fact, kind="other") for fact in strangers]
    return found


def _who(conversation: Conversation, option: Option) -> str:
    return conversation.speakers[option.speaker].name or f"User {option.speaker + 1}"
