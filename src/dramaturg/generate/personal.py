"""Requests whose best answer depends on who asks, and that answer for one user."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import msgspec

from dramaturg.errors import ReplyError, UserError
from dramaturg.models import ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.prompts import (
    TEXT,
    Sampling,
    Task,
    list_schema,
    load,
    object_schema,
    quote,
    quote_list,
)
from dramaturg.scorers import tokens

AnswerForm = Literal["text", "list", "yes or no", "letters", "order"]
_NUMBERED = re.compile(r"^\s*(?:\(?\d{1,2}[.):]|[-*•])\s+(.*\S)\s*$")
_OPTION = re.compile(r"(?<![\w'’])([A-J])[.):]\s")
MOST_ATTRIBUTES = 5


class RequestKind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of request.

    Attributes:
        does: What is done for the user, as it is told to a model.
        request: What a request of this kind looks like.
        answer: How an answer is read and scored: "text" and "list" by their words, "yes or no"
            and "letters" by what is chosen, "order" by the order of all options.
        form: The same, as it is told to a model.
        domains: Fields of life; empty = those of the file.
    """

    name: str
    does: str
    request: str
    answer: AnswerForm
    form: str
    domains: tuple[str, ...] = ()


class RequestKinds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The kinds of a file, and the fields of life that they share."""

    kinds: tuple[RequestKind, ...]
    domains: tuple[str, ...] = ()
    about: str = ""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request, and where it belongs."""

    kind: RequestKind
    domain: str
    text: str


class RequestsInput(msgspec.Struct, frozen=True, kw_only=True):
    """Requests of one kind and field are wanted."""

    kind: RequestKind
    domain: str
    count: int


class GoldInput(msgspec.Struct, frozen=True, kw_only=True):
    """A user and a request that is to be answered for this user."""

    attributes: dict[str, str]
    kind: RequestKind
    request: str


class PersonalAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer for one user.

    Attributes:
        attributes: Value by type of what the answer rests on.
        analysis: How it follows from them.
        answer: One or more texts, letters or "yes" / "no", by the kind's form.
    """

    attributes: dict[str, str]
    analysis: str
    answer: tuple[str, ...]


def load_request_kinds(path: Path | None = None) -> tuple[RequestKind, ...]:
    """The kinds of a JSON file, or the ten that ship with the package; each with its domains.

    Raises:
        UserError: If the file cannot be read, is none such, or a kind has no domain.
    """
    try:
        if path is None:
            text = (
                resources.files("dramaturg.generate").joinpath("personal_tasks.json").read_bytes()
            )
        else:
            text = path.read_bytes()
        found = msgspec.json.decode(text, type=RequestKinds)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UserError(
            f"cannot read the kinds of requests in {path}",
            why=str(error),
            fix="copy generate/personal_tasks.json of the package and change it",
        ) from error
    kinds = tuple(
        msgspec.structs.replace(kind, domains=kind.domains or found.domains) for kind in found.kinds
    )
    bare = [kind.name for kind in kinds if not kind.domains]
    if not kinds or bare:
        what = f"kind {bare[0]!r} has no domain" if bare else "there is no kind of request"
        raise UserError(f"{what} in {path}", fix='give "domains" in the file or in the kind')
    return kinds


@functools.cache
def requests_task() -> Task[RequestsInput, tuple[str, ...]]:
    """ "request.write": requests of one kind and field, on different subjects."""
    return Task(
        name="request.write",
        prompt=load("dramaturg.generate", "requests"),
        fill=lambda given: {
            "kind": quote(given.kind.does),
            "domain": quote(given.domain),
            "form": quote(given.kind.request),
            "count": str(given.count),
        },
        parse=_read_requests,
        cut="last line",
        sampling=Sampling(temperature=0.9, top_k=None, max_tokens=1_200),
    )


@functools.cache
def gold_task() -> Task[GoldInput, PersonalAnswer]:
    """ "request.gold": the answer for a user of whom everything is known."""
    return Task(
        name="request.gold",
        prompt=load("dramaturg.generate", "gold"),
        fill=lambda given: {
            "attributes": quote_list([f"{k}: {v}" for k, v in given.attributes.items()]),
            "request": quote(given.request),
            "form": quote(given.kind.form),
        },
        parse=_read_gold,
        sampling=Sampling(temperature=0.3, top_k=None, max_tokens=700),
        schema=object_schema(
            attributes=list_schema(), analysis=TEXT, answer={"anyOf": [TEXT, list_schema()]}
        ),
    )


async def write_requests(
    writer: ChatModel, kind: RequestKind, domain: str, *, count: int, seed: int
) -> list[Request]:
    """Different requests of one kind in one field of life; at most `count`.

    Raises:
        ReplyError: If the second reply holds no request either.
        BackendError: If the writer could not be reached.
    """
    given = RequestsInput(kind=kind, domain=domain, count=count)
    texts = (await ask(writer, requests_task(), given, seed=seed, about=kind.name)).value
    return [Request(kind=kind, domain=domain, text=text) for text in texts[:count]]


async def answer_for(
    writer: ChatModel,
    attributes: Mapping[str, str],
    request: Request,
    *,
    seed: int,
    about: str = "",
) -> PersonalAnswer:
    """The answer for a user of whom all attributes are known, with those that it rests on.

    Raises:
        ReplyError: If the second reply cannot be used either: an attribute that the user does not
            have, none or more than five, or an answer in another form.
        BackendError: If the writer could not be reached.
    """
    given = GoldInput(attributes=dict(attributes), kind=request.kind, request=request.text)
    return (await ask(writer, gold_task(), given, seed=seed, about=about)).value


def read_answer(value: Any, form: AnswerForm, request: str) -> tuple[str, ...]:
    """An answer in its form, from text or JSON.

    Args:
        request: The letters of its options are the ones that an answer may name.

    Raises:
        ReplyError: kind "form of the answer".

    Options may be named by letters or, where nothing else is said, by their words.

    >>> read_answer("C, A, B", "order", "A. tea B. milk C. rum")
    ('C', 'A', 'B')
    """
    if isinstance(value, bool):
        value = "yes" if value else "no"
    texts = [" ".join(str(one).split()) for one in value] if isinstance(value, list) else []
    text = ", ".join(texts) if texts else " ".join(str(value or "").split())
    if form == "text":
        found: tuple[str, ...] = (text,) if text else ()
    elif form == "list":
        rows = texts or re.split(r"\s*(?:\n|;|(?<!\d)\d{1,2}[.)]\s)\s*", str(value or ""))
        found = tuple(row.strip(" -*•") for row in rows if row.strip(" -*•"))
    elif form == "yes or no":
        hit = re.match(r"(?i)\W*(yes|no)\b", text)
        found = (hit[1].lower(),) if hit else ()
    else:
        options = set(_OPTION.findall(request))
        letters = [one[0] for row in (texts or [text]) for one in _letters(row)]
        letters = letters or _named(text, request)
        found = tuple(dict.fromkeys(letters))
        whole = form == "letters" or len(found) == len(options)
        if len(letters) != len(found) or not whole or not set(found) <= options:
            found = ()
    if not found:
        raise ReplyError(
            f"{text[:80]!r} is no answer of the form {form!r}", kind="form of the answer"
        )
    return found


def _letters(text: str) -> list[str]:
    """Letters alone ("C, A"), run together ("CADB"), or each before its option ("C. rum")."""
    text = text.strip(" []()\"'.")
    if re.fullmatch(r"[A-J]{2,10}", text):
        return list(text)
    if re.fullmatch(r"(?i)[a-j](?:\W+(?:and\W+)?[a-j])*", text):
        return [one.upper() for one in re.findall(r"(?i)(?<![a-z])[a-j](?![a-z])", text)]
    return _OPTION.findall(f"{text} ")


def _named(text: str, request: str) -> list[str]:
    """The letters of options that are named by their words, where nothing else is said.

    >>> _named("green tea and rum", "Which? A. rum B. green tea C. ale")
    ['B', 'A']
    """
    parts = _OPTION.split(request)
    words = {
        key: " ".join(tokens(said)) for key, said in zip(parts[1::2], parts[2::2], strict=True)
    }
    rest, found = f" {' '.join(tokens(text))} ", []
    for letter, said in sorted(words.items(), key=lambda one: -len(one[1])):
        if said and f" {said} " in rest:
            found.append((rest.index(f" {said} "), letter))
            rest = rest.replace(f" {said} ", f" {'_' * len(said)} ", 1)
    left = [word for word in rest.split() if word.strip("_") and word not in ("and", "or", "the")]
    return [] if left else [letter for _, letter in sorted(found)]


def _read_requests(reply: str, given: RequestsInput) -> tuple[str, ...]:
    found = dict.fromkeys(
        hit[1].strip('"“” ') for line in reply.splitlines() if (hit := _NUMBERED.match(line))
    )
    wanted = [text for text in found if len(text.split()) >= 4 and _has_options(text, given.kind)]
    if not wanted:
        raise ReplyError("it holds no numbered request of the form asked for", kind="no request")
    return tuple(wanted)


def _has_options(text: str, kind: RequestKind) -> bool:
    """Options A, B, C ... stand in it if the answer names options, and only then."""
    letters = _OPTION.findall(text)
    if kind.answer in ("letters", "order"):
        return len(letters) >= 3 and letters == sorted(set(letters)) and letters[0] == "A"
    return len(letters) < 2


def _read_gold(reply: str, given: GoldInput) -> PersonalAnswer:
    found, _ = read_json(reply)
    if not isinstance(found, dict):
        raise ReplyError("it is no JSON object", kind="malformed JSON")
    named = found.get("attributes")
    names = list(named) if isinstance(named, list | dict) else []
    by_name = {plain_name(name): name for name in given.attributes}
    chosen = dict.fromkeys(
        by_name.get(plain_name(str(name).partition(":")[0]), "") for name in names
    )
    if "" in chosen:
        raise ReplyError("it names an attribute that is not in the list", kind="unknown attribute")
    if not 1 <= len(chosen) <= MOST_ATTRIBUTES:
        raise ReplyError(
            f"it names {len(chosen)} attributes instead of one to five", kind="number of attributes"
        )
    analysis = " ".join(str(found.get("analysis") or "").split())
    if not analysis:
        raise ReplyError("it lacks 'analysis'", kind="incomplete")
    return PersonalAnswer(
        attributes={name: given.attributes[name] for name in chosen},
        analysis=analysis,
        answer=read_answer(found.get("answer"), given.kind.answer, given.request),
    )


def plain_name(text: str) -> str:
    """A name without what is only spelling: case, spaces and underscores."""
    return " ".join(text.casefold().replace("_", " ").split())
