"""Every scorer of one conversation by its name: what it says, what it needs, which forms it has."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from dramaturg.errors import UserError
from dramaturg.models import Embedder, NLIModel, ToxicityModel
from dramaturg.models.base import QualityRater
from dramaturg.records import Conversation
from dramaturg.scorers.asked import need_personas, need_two_speakers, need_words
from dramaturg.scorers.atomic import atomic_fidelity
from dramaturg.scorers.base import Scorer, prompted
from dramaturg.scorers.coherence import coherence
from dramaturg.scorers.degenerate import Circles
from dramaturg.scorers.faithfulness import faithfulness
from dramaturg.scorers.flaws import DIMENSIONS, flaw_list
from dramaturg.scorers.fluency import FLUENCY, fluency
from dramaturg.scorers.g_eval import G_EVAL, SAMPLES, g_eval
from dramaturg.scorers.gpt_score import GPT_SCORE, gpt_score
from dramaturg.scorers.in_language import in_language
from dramaturg.scorers.languages import find_language
from dramaturg.scorers.llm_eval import LLM_EVAL, llm_eval
from dramaturg.scorers.naturalness import HumanReference, naturalness
from dramaturg.scorers.overall import overall
from dramaturg.scorers.partner_fact import partner_fact
from dramaturg.scorers.persona_copy import persona_copy
from dramaturg.scorers.persona_recall import persona_shown_by
from dramaturg.scorers.quality import POLICIES
from dramaturg.scorers.rubric import rubrics
from dramaturg.scorers.shape import Balance, Length, Questions, Repetition
from dramaturg.scorers.support import SUPPORT, support_rubric
from dramaturg.scorers.toxicity import toxicity
from dramaturg.scorers.who_speaks import LINES, who_speaks

Form: TypeAlias = Literal["rule", "small model", "prompt"]
Better: TypeAlias = Literal["high", "low", "neither"]
Need: TypeAlias = Literal["words", "personas", "two speakers", "four turns"]

RULE_JUDGE = "rule"  # given in place of a model: the form that needs none


@dataclass(frozen=True)
class Kit:
    """What some scorers need beside the conversation and the judge.

    Attributes:
        others: Attributes of other people, to draw distractors from.
        human: What human conversations look like; None takes the shipped reference.
        samples: Answers that G-Eval draws.
    """

    others: Sequence[str] = ()
    human: HumanReference | None = None
    samples: int = SAMPLES


@dataclass(frozen=True)
class Entry:
    """One scorer as a list shows it.

    Attributes:
        says: What its value is, in one line.
        better: Which end of its range is good; "neither" for a description.
        needs: What a conversation must have to be judged.
        forms: How it can be judged, the first where no model is given.
        prompts: Calls that the prompted form takes a conversation, in words.
    """

    name: str
    says: str
    better: Better
    needs: tuple[Need, ...]
    forms: tuple[Form, ...]
    prompts: str = ""


@dataclass(frozen=True)
class _Family:
    """Scorers that are made together because they share what they ask."""

    entries: tuple[Entry, ...]
    make: Callable[[Any, Kit], list[Scorer]]


def _one(entry: Entry, make: Callable[[Any, Kit], Scorer]) -> _Family:
    return _Family((entry,), lambda judge, kit: [make(judge, kit)])


_BOTH: tuple[Form, ...] = ("small model", "prompt")
_WORDS: tuple[Need, ...] = ("words",)
_PERSONAS: tuple[Need, ...] = ("words", "personas")
_PROMPT: tuple[Form, ...] = ("prompt",)

_FAMILIES: tuple[_Family, ...] = (
    _one(
        Entry("faithfulness", "no turn contradicts a fact of its speaker", "high", _PERSONAS,
              _BOTH, "1"),
        lambda judge, _: faithfulness(judge),
    ),
    _one(
        Entry("partner_fact", "no turn claims a fact that is the partner's", "high",
              ("words", "personas", "two speakers"), _BOTH, "1"),
        lambda judge, _: partner_fact(judge),
    ),
    _Family(
        (
            Entry("persona_recall", "share of a persona's facts that show", "high", _PERSONAS,
                  ("small model", "rule", "prompt"), "1 a speaker, shared"),
            Entry("persona_precision", "of the statements that show, the share that is true",
                  "high", _PERSONAS, ("small model", "rule", "prompt"), "1 a speaker, shared"),
        ),
        lambda judge, kit: list(persona_shown_by(judge, kit.others)),
    ),
    _one(
        Entry("atomic_fidelity", "of the sentences that touch a fact, the share in character",
              "high", _PERSONAS, _BOTH, "1"),
        lambda judge, _: atomic_fidelity(judge),
    ),
    _one(
        Entry("who_speaks", "share of lines whose hidden speaker can be told", "high",
              ("words", "personas", "two speakers"), _BOTH, f"1 a line, at most {LINES}"),
        lambda judge, _: who_speaks(judge),
    ),
    _one(
        Entry("toxicity", "harm in the worst turn", "low", _WORDS, _BOTH, "1"),
        lambda judge, _: toxicity(judge),
    ),
    _Family(
        tuple(Entry(p, f"quality: {p}", "high", _WORDS, _BOTH, "1") for p in POLICIES),
        lambda judge, _: rubrics(judge),
    ),
    _one(
        Entry("coherence", "each turn is nearer to the one before than to others", "high",
              ("words", "four turns"), _BOTH, "1"),
        lambda judge, _: coherence(judge),
    ),
    _one(
        Entry("naturalness", "share of human conversations that are no more typical of people",
              "high", ("words", "four turns"), ("rule", "prompt"), "1"),
        lambda judge, kit: naturalness(
            judge if prompted(judge) else None, reference=kit.human
        ),
    ),
    _one(
        Entry("repetition", "share of word triples said before", "low", _WORDS, ("rule",)),
        lambda *_: Repetition(),
    ),
    _one(
        Entry("circles", "share of turns that go round in circles", "low", _WORDS, ("rule",)),
        lambda *_: Circles(),
    ),
    _one(
        Entry("length", "words in all turns", "neither", (), ("rule",)),
        lambda *_: Length(),
    ),
    _one(
        Entry("questions", "share of turns that ask", "neither", _WORDS, ("rule",)),
        lambda *_: Questions(),
    ),
    _one(
        Entry("balance", "how evenly the words are shared", "high", ("words", "two speakers"),
              ("rule",)),
        lambda *_: Balance(),
    ),
    _one(
        Entry("overall", "fit of the talk for its people and topic, 1 to 10", "high", _WORDS,
              _PROMPT, "1"),
        lambda judge, _: overall(judge),
    ),
    _one(
        Entry("persona_copy", "share of turns that hold no fact word for word", "high", _PERSONAS,
              ("rule",)),
        lambda *_: persona_copy(),
    ),
    _one(
        Entry("in_language", "share of turns in the language of the talk", "high", _WORDS,
              ("rule",)),
        lambda *_: in_language(find_language("en")),
    ),
    _Family(
        tuple(
            Entry(f"support_{c}", f"what a talk did for its first speaker: {c}", "high", _WORDS,
                  _PROMPT, "1, shared")
            for c in SUPPORT
        ),
        lambda judge, _: support_rubric(judge),
    ),
    _Family(
        tuple(
            Entry(f"in_target_{c}", f"as a native reader of its language judges: {c}", "high",
                  _WORDS, _PROMPT, "1, shared")
            for c in FLUENCY
        ),
        lambda judge, _: fluency(judge),
    ),
    _Family(
        tuple(
            Entry(f"llm_eval_{c}", f"LLM-Eval: {c}, 0 to 100", "high", _WORDS, _PROMPT, "1, shared")
            for c in LLM_EVAL
        ),
        lambda judge, _: llm_eval(judge),
    ),
    *(
        _one(
            Entry(f"gpt_score_{c}", f"GPT-Score: {c}, yes or no", "high", _WORDS, _PROMPT, "1"),
            lambda judge, _, c=c: gpt_score(c, judge),  # type: ignore[misc]
        )
        for c in GPT_SCORE
    ),
    *(
        _one(
            Entry(f"g_eval_{c}", f"G-Eval: {c}, 1 to {top}", "high",
                  _PERSONAS if c == "faithfulness" else _WORDS, _PROMPT, f"{SAMPLES}"),
            lambda judge, kit, c=c: g_eval(c, judge, samples=kit.samples),  # type: ignore[misc]
        )
        for c, top in G_EVAL.items()
    ),
    *(
        _one(
            Entry(f"flaws_{c}", f"flaws listed in {c.replace('_', ' ')}, 0 to 100", "high", _WORDS,
                  _PROMPT, "1"),
            lambda judge, _, c=c: flaw_list(c, judge),  # type: ignore[misc]
        )
        for c in DIMENSIONS
    ),
)  # fmt: skip

ENTRIES: Mapping[str, Entry] = {e.name: e for family in _FAMILIES for e in family.entries}
NAMES: tuple[str, ...] = tuple(ENTRIES)
GROUPS: Mapping[str, tuple[str, ...]] = {
    "default": ("faithfulness", "toxicity", "repetition", "length", "questions", "balance"),
    "quality": POLICIES,
    "persona": (
        "faithfulness", "partner_fact", "persona_recall", "persona_precision", "atomic_fidelity",
        "who_speaks",
    ),
    "shape": ("repetition", "circles", "length", "questions", "balance"),
    "support": tuple(f"support_{c}" for c in SUPPORT),
    "in_target": tuple(f"in_target_{c}" for c in FLUENCY),
    "llm_eval": tuple(f"llm_eval_{c}" for c in LLM_EVAL),
    "gpt_score": tuple(f"gpt_score_{c}" for c in GPT_SCORE),
    "g_eval": tuple(f"g_eval_{c}" for c in G_EVAL),
    "flaws": tuple(f"flaws_{c}" for c in DIMENSIONS),
    "all": tuple(name for name, entry in ENTRIES.items() if entry.forms != _PROMPT),
    "everything": NAMES,
}  # fmt: skip
DEFAULT = GROUPS["default"]


def expand_names(given: str | Sequence[str]) -> tuple[str, ...]:
    """Names and groups ("quality", "persona", "all", ...), by comma or one by one, as names.

    "all" is every scorer that the package can judge without an endpoint, "everything" the judge
    protocols too.

    Raises:
        UserError: For a name that is not there, naming the nearest, or if none is given.
    """
    items = given.split(",") if isinstance(given, str) else list(given)
    found: dict[str, None] = {}
    for item in (item.strip().replace("-", "_") for item in items):
        if not item:
            continue
        if item not in ENTRIES and item not in GROUPS:
            known = [*NAMES, *GROUPS]
            near = difflib.get_close_matches(item, known, n=1, cutoff=0.4)
            raise UserError(
                f"there is no scorer {item!r}",
                why=f"scorers are {', '.join(NAMES[:18])}; groups {', '.join(GROUPS)}",
                fix=f"did you mean {near[0]!r}?" if near else "see docs/evaluation.md",
            )
        found.update(dict.fromkeys(GROUPS.get(item, (item,))))
    if not found:
        raise UserError("no scorer is named", fix=f"e.g. {', '.join(DEFAULT)}")
    return tuple(found)


def need(name: str, conversation: Conversation) -> None:
    """Raises NotJudged where a conversation lacks what this scorer looks at."""
    for what in ENTRIES[name].needs:
        if what == "words":
            need_words(conversation)
        elif what == "personas":
            need_personas(conversation)
        elif what == "two speakers":
            need_two_speakers(conversation)


def build(
    names: str | Sequence[str] = DEFAULT,
    judge: Any = None,
    *,
    judges: Mapping[str, Any] | None = None,
    kit: Kit = Kit(),
) -> list[Scorer]:
    """The scorers of these names, in this order.

    Args:
        names: Names or groups, see `expand_names`.
        judge: The model behind all that need one; None = the embedded experts.
        judges: Another model for single names; "rule" stands for the form without a model.

    Raises:
        UserError: For an unknown name, or a judge that cannot do what a scorer asks of it.
    """
    wanted = expand_names(names)
    if judge is None:
        from dramaturg.models.embedded_model import EmbeddedModel

        judge = EmbeddedModel()
    made: dict[str, Scorer] = {}
    for family in _FAMILIES:
        by_judge: dict[int, tuple[Any, list[Entry]]] = {}
        for entry in family.entries:
            if entry.name in wanted:
                chosen = (judges or {}).get(entry.name, judge)
                by_judge.setdefault(id(chosen), (chosen, []))[1].append(entry)
        for chosen, entries in by_judge.values():
            usable = _checked(entries[0], chosen)
            for scorer in family.make(usable, kit):
                if any(entry.name == scorer.name for entry in entries):
                    made[scorer.name] = scorer
    return [made[name] for name in wanted]


def _checked(entry: Entry, judge: Any) -> Any:
    """The judge, or None for the form that needs none; or why it cannot be."""
    if entry.forms == ("rule",):
        return None
    if judge == RULE_JUDGE:
        if "rule" in entry.forms:
            return None
        raise UserError(
            f"{entry.name} has no form without a model",
            why=f"its forms are {', '.join(entry.forms)}",
            fix="name a model, or 'embedded'",
        )
    if prompted(judge) and "prompt" in entry.forms:
        return judge
    if entry.forms[0] == "rule":
        return None
    measured = {
        "toxicity": ToxicityModel, "coherence": Embedder, **dict.fromkeys(POLICIES, QualityRater),
    }.get(entry.name, NLIModel)  # fmt: skip
    if "small model" in entry.forms and isinstance(judge, measured):
        return judge
    raise UserError(
        f"{getattr(judge, 'ref', judge)} cannot judge {entry.name}",
        why=f"the forms of this scorer are {', '.join(entry.forms)}",
        fix=f"name an instruction model, e.g. --model {entry.name}=openai:gpt-4.1-mini",
    )
