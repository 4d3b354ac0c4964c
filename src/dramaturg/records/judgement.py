"""What was said of a conversation, a turn or a person, and what was preferred to what."""

from __future__ import annotations

import msgspec

from dramaturg.records.ids import content_id
from dramaturg.records.people import Evidence


class Cost(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What something took: model calls, tokens, seconds of the model, and money in US dollars."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    usd: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            calls=self.calls + other.calls,
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            seconds=self.seconds + other.seconds,
            usd=self.usd + other.usd,
        )


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a scorer said of one conversation, turn or persona.

    Attributes:
        subject: Id of what was judged.
        scorer, version: Who judged: the name and version of the scorer.
        value: The number, inside [low, high].
        passed: Whether the policy is kept; None if the scorer does not decide.
        reasons: In words, most weighty first.
        evidence: The turns and facts that the reasons speak of.
        model: Reference of the model behind it, "" for a rule.
        calls: Keys of the model calls behind it in the run's journal, where prompts were sent.
    """

    subject: str
    scorer: str
    value: float
    version: str = "1"
    low: float = 0.0
    high: float = 1.0
    passed: bool | None = None
    reasons: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    model: str = ""
    cost: Cost = msgspec.field(default_factory=Cost)
    calls: tuple[str, ...] = ()
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.subject, self.scorer, self.version, self.model, self.value]
            msgspec.structs.force_setattr(self, "id", content_id("v", content))


class Check(msgspec.Struct, frozen=True):
    """What one check said of a value: whether it may stay, and if not, why in words."""

    passed: bool
    why: str = ""


class Comparison(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one quality expert said of two conversations.

    Attributes:
        winner: Id of the better one, or None: a tie, or the two orders disagreed.
        votes: The answers by order asked, ids or None where a reply was no vote.
        calls: Keys of the model calls behind it in the run's journal, where prompts were sent.
    """

    first: str
    second: str
    scorer: str
    winner: str | None
    version: str = "1"
    votes: tuple[str | None, ...] = ()
    reasons: tuple[str, ...] = ()
    model: str = ""
    cost: Cost = msgspec.field(default_factory=Cost)
    calls: tuple[str, ...] = ()
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.first, self.second, self.scorer, self.version, self.model]
            msgspec.structs.force_setattr(self, "id", content_id("q", content))


class Preference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One conversation was preferred to another: what preference training needs.

    Attributes:
        chosen, rejected: Conversation ids.
        criterion: By which measure, e.g. "votes" or "faithfulness".
        reason: Why, in words.
        weight: How clear it was, > 0.
        persona: For whom, where a preference is personal.
    """

    chosen: str
    rejected: str
    criterion: str
    reason: str = ""
    weight: float = 1.0
    persona: str | None = None
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.chosen, self.rejected, self.criterion, self.persona]
            msgspec.structs.force_setattr(self, "id", content_id("r", content))


class Drop(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that was not kept, and why: a bad row is data, not a crash.

    Attributes:
        kind: What it was: "fact", "profile_candidate", "reply", "draft", "pair", "input_line".
        reason: The class of reason first, then a colon and the particulars, e.g.
            "faithfulness: turn 0 contradicts 'I am vegan.'". Reports count by class.
        subject: Id or text of what was dropped.
        detail: JSON text of the whole of it, where it is worth keeping.
    """

    kind: str
    reason: str
    subject: str = ""
    round: int = 0
    detail: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [self.kind, self.reason, self.subject, self.round, self.detail]
            msgspec.structs.force_setattr(self, "id", content_id("d", content))

    @property
    def reason_class(self) -> str:
        """The part of the reason before the first colon."""
        return self.reason.partition(":")[0]


class BadReply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A reply that could not be used as it came, and what became of it.

    Attributes:
        task: What was asked for.
        kind: Its class: "empty", "refusal", "truncated", "malformed JSON", "no turns", ...
        outcome: "repaired" (used after mending), "helped" (asked again, and the second reply was
            used), "in vain" (asked again, and the second could not be used either), "dropped" (it
            was the second one), "unanswered" (asked again without a reply).
        seed, about: Of the call; `key` is the call's in the journal, "" where none is kept.
    """

    task: str
    kind: str
    outcome: str
    seed: int = 0
    about: str = ""
    key: str = ""
