"""What actors are asked for: a character's next line, what the surroundings do, who is next."""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Sequence

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.prompts.channels import Script, read_script

END = "END"
_LABEL = re.compile(r"(.*?)\s*(\([^()]*\))?\W*", re.DOTALL)  # a name, and how it is said
_MARKS = " \t*_#\"'“”‘’«»`.:-–—<>"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one actor knows when it is their turn: never what another one only thinks.

    Attributes:
        others: (name, who they are) of the other characters on the stage.
        recalled: What the character is reminded of, from before this scene.
        talk: The talk so far as lines "NAME: ...", already quoted.
        names: Everybody who can speak: a reply that goes on for another one is cut there.
    """

    name: str
    title: str
    profile: tuple[str, ...]
    motivation: str
    setting: str
    others: tuple[tuple[str, str], ...]
    recalled: tuple[str, ...]
    talk: str
    names: tuple[str, ...]
    thinks: bool = True


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What the environment answers to."""

    setting: str
    names: tuple[str, ...]
    talk: str


class Next(msgspec.Struct, frozen=True, kw_only=True):
    """Whose turn it may be. `may_end`: whether the scene may end here."""

    setting: str
    names: tuple[str, ...]
    last: str
    talk: str
    may_end: bool


@functools.cache
def act() -> Task[Part, Script]:
    """ "stage.act": one character's next line, with what they think and do."""
    return Task(
        name="stage.act",
        prompt=load("dramaturg.generate", "act"),
        fill=_fill_part,
        parse=lambda reply, part: read_line(reply, part.name, part.names),
        sampling=Sampling(temperature=0.8, top_k=None, max_tokens=500),
    )


@functools.cache
def surroundings() -> Task[Surroundings, Script]:
    """ "stage.environment": what changes around the characters, in one to three sentences."""
    return Task(
        name="stage.environment",
        prompt=load("dramaturg.generate", "environment"),
        fill=lambda given: {
            "setting": quote(given.setting),
            "names": quote_list(given.names),
            "talk": given.talk or "(nothing yet)",
        },
        parse=lambda reply, given: _scenery(reply, given.names),
        sampling=Sampling(temperature=0.8, top_k=None, max_tokens=250),
    )


@functools.cache
def follow() -> Task[Next, str | None]:
    """ "stage.follow": the name of the next speaker, `END`, or None where neither is named."""
    return Task(
        name="stage.follow",
        prompt=load("dramaturg.generate", "follow"),
        fill=lambda given: {
            "setting": quote(given.setting),
            "names": quote_list(given.names),
            "last": quote(given.last),
            "talk": given.talk,
            "end": "If the scene is over, write END instead of a name."
            if given.may_end
            else "The scene is not over yet.",
        },
        parse=lambda reply, given: named(reply, given.names),
        cut="fine",
        sampling=Sampling(temperature=0.0, top_k=None, max_tokens=150),
    )


def read_line(reply: str, name: str, names: Sequence[str]) -> Script:
    """One character's line out of a reply: no label, and nothing that another one would say.

    Raises:
        ReplyError: "no line" where nothing is said, done or thought.
    """
    kept: list[str] = []
    for line in reply.replace("```", "").splitlines():
        label, colon, rest = line.replace("：", ":").partition(":")
        plain, manner = _LABEL.fullmatch(label.strip()).groups()  # type: ignore[union-attr]
        who = _same(plain.strip(_MARKS), names) if colon else None
        if who is not None and who != name:
            if kept and any(one.strip() for one in kept):
                break
            raise ReplyError(f"it speaks for {who} and not for {name}", kind="another speaker")
        kept.append(f"{manner or ''} {rest.lstrip('*_ ')}" if who == name else line)
    script = read_script("\n".join(kept))
    if not (script.speech or script.actions or script.thoughts):
        raise ReplyError("nothing is said, done or thought", kind="no line")
    return script


def named(reply: str, names: Sequence[str]) -> str | None:
    """The name that a reply decides for, `END`, or None: the last line that names just one.

    >>> named("Iago must answer Othello.\\n**Next:** Othello.", ["Iago", "Othello"])
    'Othello'
    """
    for line in reversed([line for line in reply.splitlines() if line.strip()]):
        said = re.sub(r"(?i)^.*\bnext(?: speaker)?\b\W*(?:is\b\W*)?", "", line).strip(_MARKS)
        said = said or line  # "Othello should speak next."
        if said.upper() in (END, "END CHAT", "END SCENE"):
            return END
        whole = _same(said, names)
        if whole is not None:
            return whole
        found = {name for name in names if re.search(rf"(?i)(?<!\w){re.escape(name)}(?!\w)", said)}
        longest = {name for name in found if not any(name != o and name in o for o in found)}
        if len(longest) == 1:
            return longest.pop()
        if found:
            return None
    return None


def next_speaker(
    said: str | None,
    *,
    names: Sequence[str],
    major: Sequence[int],
    last: int,
    spoken: int,
    least: int,
    draw: random.Random,
) -> tuple[int | None, bool]:
    """Who speaks next, and whether that is what was said.

    Nobody speaks twice in a row, and the scene does not end before `least` turns; a word that
    names nobody, or somebody who may not, is replaced by a draw among the major speakers.

    Args:
        said: A name, `END`, or None.
        major: Indexes into `names` to draw from; where only the last speaker is one, all.
        spoken: Turns so far.

    Returns:
        (index, True) as said; (None, True) for the end; (index, False) as drawn.
    """
    if said == END and spoken >= least:
        return None, True
    if said in names and names.index(said) != last:
        return names.index(said), True
    able = [i for i in major if i != last] or [i for i in range(len(names)) if i != last]
    return draw.choice(able), False


def _fill_part(part: Part) -> dict[str, str]:
    others = "\n".join(f"- {quote(who)} - {quote(told)}" for who, told in part.others)
    return {
        "name": quote(part.name),
        "title": f" in {quote(part.title)}" if part.title else "",
        "thoughts": "what you think in [square brackets], which nobody else can know; "
        * part.thinks,
        "profile": quote_list(part.profile) or "(nothing more is known)",
        "setting": quote(part.setting),
        "motivation": quote(part.motivation) or "(not said)",
        "others": others or "(nobody)",
        "recalled": f"<memories>\n{quote_list(part.recalled)}\n</memories>\n"
        if part.recalled
        else "",
        "talk": part.talk or "(nothing yet: you begin)",
    }


def _scenery(reply: str, names: Sequence[str]) -> Script:
    """The environment's lines; round and square brackets are nobody's, so they become text."""
    text = re.sub(r"(?i)^\W*environment\W*[:：]\s*", "", reply.strip())
    text = " ".join(text.translate(str.maketrans("", "", "()[]*")).split())
    if not text:
        raise ReplyError("nothing is described", kind="no line")
    return Script(speech=text)


def _same(said: str, names: Sequence[str]) -> str | None:
    if said in names:
        return said
    return next((name for name in names if name.casefold() == said.casefold()), None)
