"""Read a conversation out of whatever a model wrote, and count what had to be mended."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.generate.markup import (
    Placeholders,
    clean_turn,
    is_separator,
    is_stage_line,
    without_fences,
)
from dramaturg.generate.tags import Tags, from_json_turns

Said = tuple[int, str]

_NOTE = re.compile(
    r"(?i)^\W*(note\b|i hope (this|that|you)|let me know|this (conversation|dialogue)|the end\b"
    r"|end of (the )?(conversation|dialogue)|(is|would) .* like me to|in this conversation"
    r"|user [12]'s? (profile|persona)|explanation\b|profiles?:)"
)
_HANGS = re.compile(
    r"(?i)[,\-–—(]$|\b(?:the|an?|of|and|or|but|because|with|my|your|our|their|his|its|into|than"
    r"|(?:i|he|she|it|we|you|they|that|there|what)['’](?:m|s|re|ve|ll|d))$"
    r"|(?<!\bi )(?<!\bit )(?<!\bhe )(?<!\bshe )(?<!\bwe )(?<!\byou )(?<!\bthey )(?<!\bthat )"
    r"(?<!\bthis )(?<!\bthere )\b(?:is|are|was|were)$"
)


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as it was read.

    Attributes:
        turns: (speaker 0 or 1, text), in order; no text is empty.
        repairs: What was mended, by kind: "markup", "tag" (another tag than "User N"), "json",
            "code fence", "chatter", "trailing note", "stage direction", "separator",
            "continuation", "placeholder", "merged", "empty turn", "truncated".
    """

    turns: tuple[Said, ...]
    repairs: dict[str, int]


def parse_conversation(
    text: str,
    *,
    facts: tuple[Sequence[str], Sequence[str]] = ((), ()),
    placeholders: Placeholders = "repair",
    at_least: int = 2,
) -> Parsed:
    """The turns of a reply, mended where that is safe and refused where it is not.

    A line that opens with a speaker tag starts a turn. A line between turns that is no tag is a
    stage direction (bracketed, or narration of what "they" do: removed), a closing note (removed
    with all after it), or belongs to the turn before it (joined). What a placeholder such as
    "[user 1's name]" stands in is taken out where the rest is still a sentence ("Nice to meet
    you, [name]."); elsewhere the reply is refused, for nobody can know what belongs there.

    Args:
        facts: Both profiles: a speaker tag may be a name that one of them gives.
        placeholders: "repair" as above, "reject" any, or "keep" for corpora that have them.
        at_least: Fewest turns of a conversation.

    Raises:
        ReplyError: kind "no turns", "one speaker", "too short" or "placeholder".
    """
    repairs: Counter[str] = Counter()
    text = from_json_turns(without_fences(text, repairs), repairs)
    tags = Tags(text, facts)
    found: list[Said] = []
    after_gap = False
    for line in text.split("\n"):
        if not (line := line.strip()):
            after_gap = True
            continue
        tagged = tags.read(line, repairs)
        if tagged is not None:
            found.append(tagged)
        elif is_separator(line):
            repairs["separator"] += 1
        elif is_stage_line(line, tags.names, after_gap):
            repairs["stage direction"] += 1
        elif not found:
            repairs["chatter"] += 1
        elif after_gap and _NOTE.match(line):
            repairs["trailing note"] += 1
            break
        else:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line}")
            repairs["continuation"] += 1
        after_gap = False
    return _checked(_finished(found, placeholders, repairs), repairs, at_least)


def _finished(found: list[Said], placeholders: Placeholders, repairs: Counter[str]) -> list[Said]:
    """Texts cleaned, empty turns dropped, a speaker twice in a row merged, a cut end removed."""
    turns: list[Said] = []
    for speaker, raw in found:
        text = clean_turn(raw, placeholders, repairs)
        if not text:
            repairs["empty turn"] += 1
        elif turns and turns[-1][0] == speaker:
            turns[-1] = (speaker, f"{turns[-1][1]} {text}")
            repairs["merged"] += 1
        else:
            turns.append((speaker, text))
    if len(turns) > 3 and _is_cut(turns):
        turns.pop()
        repairs["truncated"] += 1
    return turns


def _is_cut(turns: list[Said]) -> bool:
    """The last turn stops at a word that cannot end it; a full stop left out is no cut."""
    return bool(_HANGS.search(turns[-1][1]))


def _checked(turns: list[Said], repairs: Counter[str], at_least: int) -> Parsed:
    if not turns:
        raise ReplyError(
            "the reply has no turns", kind="no turns", why="no line opens with 'User 1:'"
        )
    if len({speaker for speaker, _ in turns}) == 1:
        raise ReplyError("only one speaker talks", kind="one speaker")
    if len(turns) < at_least:
        raise ReplyError(f"only {len(turns)} turns", kind="too short")
    return Parsed(turns=tuple(turns), repairs=dict(sorted(repairs.items())))
