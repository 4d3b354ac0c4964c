"""A turn as a script writes it: [what one thinks], (what one does), and what one says aloud."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import msgspec

from dramaturg.prompts.quote import quote
from dramaturg.records import Turn

THOUGHT, ACTION = "thought", "action"
_OPENS = {"[": THOUGHT, "【": THOUGHT, "(": ACTION, "（": ACTION}
_CLOSES = {"]": THOUGHT, "】": THOUGHT, ")": ACTION, "）": ACTION}
_THINKS = re.compile(r"(?is)<\s*role[_\s]?think(?:ing)?\s*>(.*?)(?:</[^<>]*>|\Z)")
_REASONS = re.compile(r"(?is)<\s*(?:system[_\s]?)?think(?:ing)?\s*>.*?(?:</[^<>]*>|\Z)")
_STARRED = re.compile(r"(?<![\w*])\*(?![\s*])([^*\n]{1,200}?)(?<!\s)\*(?![\w*])")


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """One utterance, its channels apart.

    Attributes:
        speech: What is said aloud, "" for a silent turn.
        actions, thoughts: In the order written.
        repairs: What had to be mended: "unclosed" (a bracket), "stars" (an action in stars).
    """

    speech: str
    actions: tuple[str, ...] = ()
    thoughts: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()

    def turn(self, speaker: int) -> Turn:
        """The record: several actions or thoughts of one turn stand one a line."""
        parts = {THOUGHT: "\n".join(self.thoughts), ACTION: "\n".join(self.actions)}
        channels = {name: text for name, text in parts.items() if text}
        return Turn(speaker=speaker, text=self.speech, channels=channels)


def read_script(text: str) -> Script:
    """Speech, actions and thoughts of one utterance.

    What stands in square brackets is thought wherever it stands, over several lines and inside an
    action too, and a bracket that is never closed makes a thought of all that follows: a doubt
    never gives a thought away. A round bracket that is never closed is speech. A model's own
    reasoning (`<think>`) belongs to nobody and goes; a role's (`<role_thinking>`) is thought.

    >>> read_script("[A trap.] (smiles) How kind of you.")
    Script(speech='How kind of you.', actions=('smiles',), thoughts=('A trap.',), repairs=())
    """
    text = _THINKS.sub(lambda hit: f"[{hit[1].replace('[', '').replace(']', '')}]", text)
    text = _REASONS.sub(" ", text)
    repairs: list[str] = []
    text, starred = _STARRED.subn(r"(\1)", text)
    if starred:
        repairs.append("stars")
    parts: dict[str, list[str]] = {THOUGHT: [], ACTION: []}
    speech: list[str] = []
    open_: list[tuple[str, list[str]]] = []  # channel, characters so far; the innermost is last
    for char in text:
        kind = _OPENS.get(char)
        if kind and not (open_ and open_[-1][0] == THOUGHT and kind == ACTION):
            open_.append((kind, []))
        elif char in _CLOSES and open_ and open_[-1][0] == _CLOSES[char]:
            kind, inside = open_.pop()
            parts[kind].append("".join(inside))
        else:
            (open_[-1][1] if open_ else speech).append(char)
    for kind, inside in open_:
        repairs.append("unclosed")
        if kind == THOUGHT:
            parts[THOUGHT].append("".join(inside))
        else:
            speech.append("(" + "".join(inside))
    return Script(
        speech=_flat("".join(speech)),
        actions=tuple(filter(None, map(_flat, parts[ACTION]))),
        thoughts=tuple(filter(None, map(_flat, parts[THOUGHT]))),
        repairs=tuple(dict.fromkeys(repairs)),
    )


def write_script(turn: Turn, *, hide: Collection[str] = ()) -> str:
    """The turn on one line, less the hidden channels; "(says nothing)" where nothing is left.

    >>> write_script(read_script("[A trap.] (smiles) How kind.").turn(0), hide=["thought"])
    '(smiles) How kind.'
    """
    shown = {n: t.split("\n") for n, t in turn.channels.items() if n not in hide}
    parts = [f"[{one}]" for one in shown.get(THOUGHT, ())]
    parts += [f"({one})" for one in shown.get(ACTION, ())]
    parts += [turn.text] if turn.text else []
    return " ".join(parts) or "(says nothing)"


def transcript(turns: Sequence[Turn], names: Sequence[str], *, hide: Collection[str] = ()) -> str:
    """The turns as lines "NAME: ...", each quoted so that it stays one line of one speaker."""
    return "\n".join(
        f"{quote(names[t.speaker])}: {quote(write_script(t, hide=hide))}" for t in turns
    )


def _flat(text: str) -> str:
    return " ".join(text.split())
