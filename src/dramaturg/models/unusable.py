"""Whether a reply can be used: what is wrong with it, by class, and what can be mended."""

from __future__ import annotations

import re

from dramaturg.errors import ReplyError
from dramaturg.models.base import Reply
from dramaturg.prompts import Cut

_HELP = r"(?:help|assist|comply|continue|proceed|engage|fulfil?l|do that|do this)"
_MAKE = r"(?:write|create|generate|produce|provide) (?:that|this|such|a |an |any |content|convers)"
_REFUSES = re.compile(
    r"(?i)(?:"
    r"\bas an ai\b|\bi(?:['’]m| am) (?:just |only )?an? (?:ai|language model)\b"
    r"|(?:sorry|apologi[sz]e|unfortunately|regret)\b[^.!?\n]{0,60}?\bi(?:['’]m| am)? ?"
    r"(?:can(?:no|['’])t|can not|won['’]t|will not|unable to|not able to|must decline)"
    rf"|\bi (?:can(?:no|['’])t|can not|won['’]t|will not|am unable to|must decline to) "
    rf"(?:{_HELP}|{_MAKE})"
    r"|\bje suis désolée?\b[^.!?\n]{0,40}?\bje ne peux pas"
    r"|\b(?:es )?tut mir leid\b[^.!?\n]{0,40}?\bich kann\b|\blo siento\b[^.!?\n]{0,40}?\bno puedo\b"
    r"|抱歉.{0,12}(?:无法|不能)|申し訳.{0,20}(?:できません|できかねます)"
    r")"
)
_LEAD = re.compile(
    r"(?i)\W*(?:(?:well|oh|hello|hi)\W+)?(?:i(?:['’]m| am)? )?(?:so |very |deeply )?"
)
_OPENING = 160  # characters in which a refusal says that it is one


def usable(reply: Reply, cut: Cut) -> tuple[str, tuple[str, ...]]:
    """The text to read and what was mended to get it.

    Raises:
        ReplyError: kind "refusal", "empty" or "truncated".
    """
    if reply.finish in ("refusal", "content_filter") or _begins_with_refusal(reply.text):
        raise ReplyError("the model refused", kind="refusal")
    is_cut = reply.finish == "length"
    if not reply.text.strip():
        if is_cut:
            raise _truncated()
        raise ReplyError("the reply is empty", kind="empty")
    if not is_cut or cut == "fine":
        return reply.text, ()
    if cut == "last line":
        whole = reply.text.rstrip("\n").rpartition("\n")[0]
        if whole.strip():
            return whole, ("truncated",)
    raise _truncated()


def classified(error: ReplyError, reply: Reply) -> ReplyError:
    """The error of a parser under its real class: a refusal, or a reply that was cut off."""
    if _REFUSES.search(reply.text[:_OPENING]):
        return ReplyError("the model refused", kind="refusal")
    if reply.finish == "length" and error.kind != "refusal":
        return _truncated()
    return error


def _begins_with_refusal(text: str) -> bool:
    """A talk that begins with "User 1:", or a verdict that quotes one, does not."""
    opening = text.lstrip()[:_OPENING]
    lead = _LEAD.match(opening)
    return any(bool(_REFUSES.match(opening, at)) for at in {0, lead.end() if lead else 0})


def _truncated() -> ReplyError:
    return ReplyError("it was cut off at the length limit, so write less", kind="truncated")
