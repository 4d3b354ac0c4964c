"""Write a conversation after reasoning about its setting in words.

Source: Suresh et al. 2024, "DiaSynth", arXiv:2409.19020.
Differs: the setting is a list of named values that stay with the conversation; a reply whose tags
are missing is refused, never kept whole; examples are drawn anew for each conversation.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.generate.few_shot import draw_demonstrations, speakers_of
from dramaturg.generate.parse import Parsed, parse_conversation
from dramaturg.generate.write import Demonstration, check_own_words, demonstration
from dramaturg.models import ChatModel, ask
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.records import Conversation, Pair, Provenance, Turn, derive_seed

CHARACTERISTICS = (  # as the prompt describes them
    "people",
    "familiarity",
    "emotion",
    "formality",
    "length",
    "medium",
    "focus",
    "place",
    "agreement",
    "manner",
)
_LEAST = len(CHARACTERISTICS) // 2  # values that a reasoning must give
_BLOCK = r"(?is)<{0}>\s*(.*?)\s*</{0}>"
_REASONING = re.compile(_BLOCK.format("reasoning"))
_DIALOGUE = re.compile(_BLOCK.format("dialogue"))
_TURN = re.compile(r"(?im)^\W*(?:user|person|speaker) ?\d\W*:")
_VALUE = re.compile(r"^[\W\d_]*([a-z]+)\W*:\s*(\S.*)$", re.IGNORECASE)


class ReasonedInput(msgspec.Struct, frozen=True, kw_only=True):
    """What a conversation is to be written from.

    Attributes:
        persona_1, persona_2: Sentences about each; () leaves the speakers open.
        about: Topic, relationship and the like, by name.
        reasoning: Whether the setting is to be reasoned about before the talk is written.
    """

    persona_1: tuple[str, ...]
    persona_2: tuple[str, ...]
    about: dict[str, str]
    demonstrations: tuple[Demonstration, ...] = ()
    reasoning: bool = True


class Reasoned(msgspec.Struct, frozen=True, kw_only=True):
    """A talk with the setting that was chosen for it.

    Attributes:
        setting: Value by characteristic, as the writer gave it with its reason.
        reasoning: All that was said before the talk.
    """

    parsed: Parsed
    setting: dict[str, str]
    reasoning: str


@functools.cache
def reasoned_task(reasoning: bool = True) -> Task[ReasonedInput, Reasoned]:
    """ "conversation.reasoned"; "conversation.unreasoned" is the ablation without reasoning."""
    name = "reasoned" if reasoning else "unreasoned"
    return Task(
        name=f"conversation.{name}",
        prompt=load("dramaturg.generate", name),
        fill=_fill,
        parse=_parse,
        sampling=Sampling(temperature=0.2, max_tokens=3_000),
    )


async def reasoned(
    pair: Pair,
    writer: ChatModel,
    examples: Sequence[Conversation],
    *,
    shown: int = 4,
    personas: bool = True,
    reasoning: bool = True,
    recipe: str = "reasoned",
    seed: int,
) -> Conversation:
    """One conversation of a pair, in a setting that the writer has reasoned about.

    Args:
        examples: What the conversation should be like; `shown` of them are drawn for it.
        personas: False is the ablation: the writer is not told who talks.
        reasoning: False is the ablation: the talk is written at once.

    Returns:
        Its scene holds the chosen values under "setting", its provenance the reasoning.

    Raises:
        ReplyError: If no reply holds both parts.
    """
    own = derive_seed(seed, "reasoned", pair.id)
    drawn = draw_demonstrations(examples, shown, without=pair, seed=own)
    who = [person.sentences if personas else () for person in pair.people]
    task = reasoned_task(reasoning)
    inputs = ReasonedInput(
        persona_1=who[0],
        persona_2=who[1],
        about={k: v for k, v in pair.scene.fields.items() if isinstance(v, str)},
        demonstrations=tuple(demonstration(one) for one in drawn),
        reasoning=reasoning,
    )
    answer = await ask(writer, task, inputs, seed=own, about=pair.id)
    made = answer.value
    repairs = Counter(made.parsed.repairs)
    repairs.update(answer.mended)
    chosen = {"setting": made.setting} if made.setting else {}
    return Conversation(
        scene_id=pair.scene.id,
        scene={**pair.scene.fields, **chosen},
        speakers=speakers_of(pair),
        turns=tuple(Turn(speaker=speaker, text=text) for speaker, text in made.parsed.turns),
        provenance=Provenance(
            recipe=recipe,
            models={"writer": writer.ref},
            prompts={task.name: answer.prompt_hash},
            seed=own,
            round=1,
            demonstrations=tuple(one.id for one in drawn),
            calls=tuple(key for key in answer.keys if key),
            repairs=dict(sorted(repairs.items())),
            extra={"reasoning": made.reasoning, "reasked": list(answer.problems)},
        ),
    )


def read_reasoned(reply: str, personas: tuple[Sequence[str], Sequence[str]] = ((), ())) -> Reasoned:
    """The setting and the talk of a reply that has each between its own tags.

    Raises:
        ReplyError: "no dialogue tags", "no reasoning tags", "dialogue in the reasoning", "no
            setting" (fewer than five of the ten values), or as `parse_conversation`.
    """
    before = _REASONING.search(reply)
    talk = _talk(reply, before.end() if before else 0)
    if before is None:
        raise ReplyError(
            "the setting does not stand between <reasoning> and </reasoning>",
            kind="no reasoning tags",
        )
    if len(_TURN.findall(before[1])) >= 2:
        raise ReplyError("the talk stands inside the reasoning", kind="dialogue in the reasoning")
    setting = _setting(before[1])
    if len(setting) < _LEAST:
        raise ReplyError(
            f"the reasoning names {len(setting)} of {len(CHARACTERISTICS)} characteristics",
            kind="no setting",
        )
    parsed = parse_conversation(talk, facts=personas)
    return Reasoned(parsed=parsed, setting=setting, reasoning=before[1])


def _talk(reply: str, start: int) -> str:
    found = _DIALOGUE.search(reply, start)
    if found is None:
        raise ReplyError(
            "the talk does not stand between <dialogue> and </dialogue>", kind="no dialogue tags"
        )
    return found[1]


def _setting(text: str) -> dict[str, str]:
    """The values of the characteristics, each from a line that begins with its name."""
    hits = (_VALUE.match(line.strip()) for line in text.split("\n"))
    found = {hit[1].lower(): " ".join(hit[2].split()).strip("*_ ") for hit in hits if hit}
    return {name: found[name] for name in CHARACTERISTICS if found.get(name)}


def _fill(inputs: ReasonedInput) -> dict[str, str]:
    shown = "\n\n".join(_shown(n, demo) for n, demo in enumerate(inputs.demonstrations, 1))
    return {
        "examples": f"Conversations of the kind that is wanted:\n\n{shown}\n\n" if shown else "",
        "about": "\n".join(f"- {quote(k)}: {quote(v)}" for k, v in inputs.about.items()) or "-",
        "persona_1": quote_list(inputs.persona_1) or "- (for you to choose)",
        "persona_2": quote_list(inputs.persona_2) or "- (for you to choose)",
    }


def _shown(number: int, demo: Demonstration) -> str:
    talk = "\n".join(f"User {who + 1}: {quote(text)}" for who, text in demo.turns)
    return f"<example_{number}>\n{talk}\n</example_{number}>"


def _parse(reply: str, inputs: ReasonedInput) -> Reasoned:
    personas = (inputs.persona_1, inputs.persona_2)
    if inputs.reasoning:
        made = read_reasoned(reply, personas)
    else:
        parsed = parse_conversation(_talk(reply, 0), facts=personas)
        made = Reasoned(parsed=parsed, setting={}, reasoning="")
    check_own_words(made.parsed, inputs.demonstrations)
    return made
