"""Scenes and characters out of a book: plots, talk, motives, names made one, profiles.

Source: Wang et al. 2025, CoSER, arXiv:2502.09082. Differs: what was read is checked against the
book (a plot whose sentences are not in it goes), each drop has its reason, and the second pass
that rewrites settings and motives is left out.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from dramaturg.dataset.source import existing_file, lines
from dramaturg.errors import ReplyError, UserError
from dramaturg.models import ChatModel, ask
from dramaturg.models.json_reply import read_json
from dramaturg.persona.ask_or_drop import ask_or_drop
from dramaturg.persona.chunks import TOKENS, cut_book, find_sentence, from_text, plain_words
from dramaturg.persona.scenes import Character, Circumstance, Scenes, ensembles, title_of
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.prompts.block import quote_block
from dramaturg.prompts.channels import read_script
from dramaturg.records import Drop, derive_seed
from dramaturg.scorers import together
from dramaturg.scorers.flaws import ENVIRONMENT
from dramaturg.store import notes

_CARRIED = 8_000  # characters of an unfinished plot that the next piece is shown
_IN_BOOK = 0.5  # a line counts as the book's when this share of its runs of three words is in it
_SAMPLES = 8  # lines of a character that the writer of the profile sees


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a book, and what of the piece before was not finished."""

    title: str
    text: str
    carried: str = ""


class FoundScene(msgspec.Struct, frozen=True, kw_only=True):
    """A talk of a plot."""

    setting: str
    lines: tuple[tuple[str, str], ...]
    topic: str = ""
    motivations: dict[str, str] = msgspec.field(default_factory=dict)


class FoundPlot(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the story.

    Attributes:
        first, last: Its first and last sentence, as they stand in the book.
        prominence: How much it matters to the work, 1 to 100.
        finished: Whether it ends in this piece.
        people: (name, who they are, what they live through here).
    """

    first: str
    last: str
    summary: str
    prominence: int
    finished: bool
    people: tuple[tuple[str, str, str], ...]
    scenes: tuple[FoundScene, ...]


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """Names as they occur, most frequent first."""

    title: str
    names: tuple[str, ...]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """All that a book gave of one character."""

    title: str
    name: str
    told: tuple[str, ...]
    lived: tuple[str, ...]
    wants: tuple[str, ...]
    says: tuple[str, ...]


async def read_book(
    source: Path,
    reader: ChatModel,
    *,
    tokens: int = TOKENS,
    least_lines: int = 10,
    most: int | None = None,
    seed: int,
) -> Scenes:
    """The scenes of a text, each with people who know who they are.

    Pieces are read one after the other, since an unfinished plot is carried into the next; then
    names are made one, and each character of a scene gets a profile from their own data only.

    Args:
        tokens: Size of a piece.
        least_lines: A talk with fewer lines is dropped.
        most: Scenes wanted, the most prominent plots first; None = all. The profiles of characters
            in other scenes are not written.

    Returns:
        Scenes in the order of the book. `counts`: "pieces", "plots", "scenes", "characters",
        "lines", "lines_in_book".

    Raises:
        UserError: If the file cannot be read, or nothing in it can be played.
        BackendError: If the reader cannot be reached.
    """
    path = existing_file(source, "the text of a book")
    text = "\n".join(line for _, line in lines(path))
    title = title_of(path)
    pieces = cut_book(text, tokens)
    found: list[tuple[FoundPlot, str]] = []
    carried = ""
    for number, piece in enumerate(pieces):
        notes.progress("read", number, len(pieces), plots=len(found))
        plots = await _plots(reader, Piece(title=title, text=piece, carried=carried), seed, number)
        carried, whole = "", carried + piece
        for at, plot in enumerate(plots):
            start = find_sentence(whole, plot.first)
            if start is None or (plot.finished and find_sentence(whole, plot.last) is None):
                lacks = plot.first if start is None else plot.last
                _drop("plot", f"not in the book: no sentence like {lacks[:80]!r}", plot.summary)
            elif plot.finished or number + 1 == len(pieces) or at + 1 < len(plots):
                found.append((plot, whole))
            else:
                carried = whole[start[0] :][-_CARRIED:]
    scenes, counts = _scenes(found, title, least_lines)
    one_name = await _one_name(reader, title, found, seed)
    scenes = [_renamed(scene, one_name) for scene in scenes]
    if most is not None and len(scenes) > most:
        ranked = sorted(
            range(len(scenes)), key=lambda i: -found[scenes[i].plot_number][0].prominence
        )
        scenes = [scenes[i] for i in sorted(ranked[:most])]
    characters = await _characters(reader, title, found, scenes, one_name, seed)
    made = ensembles(scenes, characters)
    if not made:
        raise UserError(
            f"no scene of {path} can be played",
            why=f"{len(pieces)} pieces gave {len(found)} plots and {counts['scenes']} scenes",
            fix="see dropped/ for the reasons; --least-lines takes shorter talks",
        )
    counts |= {"pieces": len(pieces), "plots": len(found), "scenes": len(made)}
    return Scenes(made, {**counts, "characters": len(characters)})


@functools.cache
def extract() -> Task[Piece, tuple[FoundPlot, ...]]:
    """ "book.extract": the plots of a piece, each with its people and talks."""
    return Task(
        name="book.extract",
        prompt=load("dramaturg.persona", "book_extract"),
        fill=lambda given: {
            "title": quote(given.title),
            "carried": f"<unfinished>\n{quote_block(given.carried)}\n</unfinished>\n"
            if given.carried
            else "",
            "text": quote_block(given.text),
        },
        parse=lambda reply, _: read_plots(reply),
        sampling=Sampling(temperature=0.0, top_k=None, max_tokens=8_000),
    )


@functools.cache
def one_name() -> Task[Names, dict[str, str]]:
    """ "book.names": for each name the full name of the person it stands for."""
    return Task(
        name="book.names",
        prompt=load("dramaturg.persona", "book_names"),
        fill=lambda given: {"title": quote(given.title), "names": quote_list(given.names)},
        parse=lambda reply, given: read_names(reply, given.names),
        sampling=Sampling(temperature=0.0, top_k=None, max_tokens=4_000),
    )


@functools.cache
def write_profile() -> Task[Known, str]:
    """ "book.profile": who a character is, from their own data only."""
    return Task(
        name="book.profile",
        prompt=load("dramaturg.persona", "book_profile"),
        fill=lambda given: {
            "title": quote(given.title),
            "name": quote(given.name),
            "told": quote_list(given.told) or "(nothing)",
            "lived": quote_list(given.lived) or "(nothing)",
            "wants": quote_list(given.wants) or "(nothing)",
            "says": quote_list(given.says) or "(nothing)",
        },
        parse=lambda reply, _: _profile(reply),
        cut="last line",
        sampling=Sampling(temperature=0.3, top_k=None, max_tokens=900),
    )


def read_plots(reply: str) -> tuple[FoundPlot, ...]:
    """The plots of a reply; a plot or talk that lacks what it must have is left out.

    Raises:
        ReplyError: "malformed JSON", or "no plots" where no plot can be read.
    """
    value, _ = read_json(reply)
    rows = value.get("plots") if isinstance(value, dict) else value
    listed = rows if isinstance(rows, list) else []
    plots = [_plot(row) for row in listed if isinstance(row, dict)]
    kept = tuple(plot for plot in plots if plot is not None)
    if not kept:
        raise ReplyError("the reply holds no plot", kind="no plots")
    return kept


def read_names(reply: str, names: Sequence[str]) -> dict[str, str]:
    """Name -> name to use; one that the reply leaves out, or calls by a name of nobody, stays.

    Chains are followed to their end, a ring leaves its names as they are.
    """
    value, _ = read_json(reply)
    if not isinstance(value, dict):
        raise ReplyError("the reply is no object of names", kind="malformed JSON")
    told = {str(k): " ".join(str(v).split()) for k, v in value.items() if isinstance(v, str) and v}
    found: dict[str, str] = {}
    for name in names:
        seen, now = [name], told.get(name, name)
        while now in told and now not in seen:
            seen.append(now)
            now = told[now]
        found[name] = name if now in seen[:-1] else now
    return found


def _plot(row: dict[str, Any]) -> FoundPlot | None:
    try:
        return FoundPlot(
            first=str(row["first_sentence"]),
            last=str(row.get("last_sentence") or ""),
            summary=str(row["summary"]),
            prominence=min(max(int(row.get("prominence") or 50), 1), 100),
            finished=str(row.get("state") or "finished").lower() != "truncated",
            people=tuple(
                (str(c["name"]), str(c.get("description") or ""), str(c.get("experience") or ""))
                for c in row.get("characters") or ()
            ),
            scenes=tuple(_talk(c) for c in row.get("conversations") or ()),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        _drop("plot", f"unreadable: {type(error).__name__} {error}", str(row)[:200])
        return None


def _talk(row: dict[str, Any]) -> FoundScene:
    wants = row.get("motivations") or {}
    return FoundScene(
        setting=str(row["setting"]),
        topic=str(row.get("topic") or ""),
        motivations={str(k): str(v) for k, v in wants.items() if v},
        lines=tuple((str(u["character"]), str(u["line"])) for u in row["lines"]),
    )


def _profile(reply: str) -> str:
    text = reply.strip()
    if len(text.split()) < 15:
        raise ReplyError("that is too short for a profile", kind="too short")
    return text


async def _plots(reader: ChatModel, piece: Piece, seed: int, number: int) -> tuple[FoundPlot, ...]:
    own = derive_seed(seed, "extract", number)
    answer = await ask_or_drop(reader, extract(), piece, seed=own, kind="piece")
    if isinstance(answer, Drop):
        notes.note(msgspec.structs.replace(answer, subject=f"piece {number}", detail="", id=""))
        return ()
    return answer.value


def _scenes(
    found: Sequence[tuple[FoundPlot, str]], title: str, least_lines: int
) -> tuple[list[Circumstance], dict[str, int]]:
    """The talks long enough, and how many of their lines stand in the book."""
    counts: Counter[str] = Counter(lines=0, lines_in_book=0)
    made: list[Circumstance] = []
    for number, (plot, text) in enumerate(found):
        words = plain_words(text)
        for talk in plot.scenes:
            if len(talk.lines) < least_lines:
                _drop("scene", f"too short: {len(talk.lines)} of {least_lines} lines", talk.setting)
                continue
            said = [read_script(line).speech for who, line in talk.lines if who != ENVIRONMENT]
            said = [line for line in said if plain_words(line)]
            counts["lines"] += len(said)
            counts["lines_in_book"] += sum(from_text(line, words) >= _IN_BOOK for line in said)
            made.append(
                Circumstance(
                    title=title,
                    setting=talk.setting,
                    lines=talk.lines,
                    plot=plot.summary,
                    topic=talk.topic,
                    motivations=talk.motivations,
                    major=tuple(talk.motivations),
                    plot_number=number,
                )
            )
    return made, {**counts, "scenes": len(made)}


async def _one_name(
    reader: ChatModel, title: str, found: Sequence[tuple[FoundPlot, str]], seed: int
) -> dict[str, str]:
    seen = Counter(who for plot, _ in found for who, _, _ in plot.people)
    seen.update(who for plot, _ in found for talk in plot.scenes for who, _ in talk.lines)
    names = tuple(who for who, _ in seen.most_common() if who != ENVIRONMENT)
    if len(names) < 2:
        return {name: name for name in names}
    asked = Names(title=title, names=names)
    answer = await ask_or_drop(
        reader, one_name(), asked, seed=derive_seed(seed, "names"), kind="names"
    )
    if isinstance(answer, Drop):
        notes.note(answer)
        return {name: name for name in names}
    return answer.value


def _renamed(scene: Circumstance, names: Mapping[str, str]) -> Circumstance:
    return msgspec.structs.replace(
        scene,
        lines=tuple((names.get(who, who), line) for who, line in scene.lines),
        motivations={names.get(who, who): text for who, text in scene.motivations.items()},
        major=tuple(dict.fromkeys(names.get(who, who) for who in scene.major)),
    )


async def _characters(
    reader: ChatModel,
    title: str,
    found: Sequence[tuple[FoundPlot, str]],
    scenes: Sequence[Circumstance],
    names: Mapping[str, str],
    seed: int,
) -> dict[str, Character]:
    wanted = dict.fromkeys(who for s in scenes for who, _ in s.lines if who != ENVIRONMENT)
    told: dict[str, list[str]] = {who: [] for who in wanted}
    lived: dict[str, list[tuple[int, str]]] = {who: [] for who in wanted}
    for number, (plot, _) in enumerate(found):
        for name, description, experience in plot.people:
            who = names.get(name, name)
            if who in told:
                told[who] += [description] * bool(description)
                lived[who] += [(number, experience)] * bool(experience)

    lost: dict[str, str] = {}

    async def one(who: str) -> Character:
        known = Known(
            title=title,
            name=who,
            told=tuple(dict.fromkeys(told[who])),
            lived=tuple(text for _, text in lived[who]),
            wants=tuple(s.motivations[who] for s in scenes if who in s.motivations),
            says=tuple(line for s in scenes for name, line in s.lines if name == who)[:_SAMPLES],
        )
        own = derive_seed(seed, "profile", who)
        profile = " ".join(known.told)
        try:
            profile = (await ask(reader, write_profile(), known, seed=own, about=who)).value
        except ReplyError as error:
            lost[who] = f"{error.kind}: {error.what}"
        return Character(name=who, title=title, profile=profile, lived=tuple(lived[who]))

    made = await together(one(who) for who in wanted)
    for who in wanted:  # in the order of the people, not of the replies
        if who in lost:
            _drop("profile", lost[who], who)
    return {one.name: one for one in made}


def _drop(kind: str, reason: str, subject: str) -> None:
    notes.note(Drop(kind=kind, reason=reason, subject=subject[:200]))
