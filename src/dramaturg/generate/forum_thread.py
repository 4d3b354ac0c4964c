"""Grow a forum thread: one posts, each of the others joins or not, and rounds of comments follow.

Source: Yukhymenko et al. 2024, SynthPAI, arXiv:2406.07217. Differs: who is critical is drawn among
those who joined; the order within a round is drawn; see `thread_tree` for where replies go.
"""

from __future__ import annotations

import functools
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from dramaturg.errors import ReplyError
from dramaturg.generate.metered import Metered
from dramaturg.generate.thread_tree import Post, choose_parent, path_to_root
from dramaturg.models import ChatModel, ask
from dramaturg.prompts import Sampling, Task, load, quote, quote_list
from dramaturg.records import (
    Conversation,
    Ensemble,
    Persona,
    Provenance,
    Speaker,
    Turn,
    derive_seed,
)
from dramaturg.scorers import together
from dramaturg.scorers.attributes import ATTRIBUTES
from dramaturg.scorers.yes_no import YesNo, parse_yes_no

REPLY_TO = "reply_to"  # channel of a turn: index of the turn that it answers
SHORT, LONG = (1, 10), (10, 50)  # words asked for
_SLACK = 2  # a comment may have so many times the words asked for
_ALWAYS = 10  # chances in the paper's tenths

Grow = Callable[[Ensemble], Awaitable[Conversation]]


class Poster(msgspec.Struct, frozen=True, kw_only=True):
    """Who opens a thread, and what it is to bring out of others."""

    facts: tuple[str, ...]
    style: str
    attribute: str


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Who may join, and the post."""

    facts: tuple[str, ...]
    post: str


class Commenter(msgspec.Struct, frozen=True, kw_only=True):
    """Who comments, and on what.

    Attributes:
        way: (name, text) from the opening post down to the comment that is answered.
        critical: Whether this person disagrees today.
        low, high: Words asked for.
    """

    name: str
    facts: tuple[str, ...]
    style: str
    way: tuple[tuple[str, str], ...]
    critical: bool
    low: int
    high: int


@functools.cache
def post_task() -> Task[Poster, str]:
    """ "forum.post": an opening post that makes others talk of one side of their lives."""
    return Task(
        name="forum.post",
        prompt=load("dramaturg.generate", "forum_post"),
        fill=lambda given: {
            "facts": quote_list(given.facts),
            "style": quote(given.style) or "(not described)",
            "attribute": ATTRIBUTES.get(given.attribute, quote(given.attribute)),
        },
        parse=lambda reply, _: _said(reply, 5, 250),
        sampling=Sampling(temperature=1.0, top_k=None, max_tokens=400),
    )


@functools.cache
def join_task() -> Task[Reader, YesNo]:
    """ "forum.join": whether this person would reply to the post."""
    return Task(
        name="forum.join",
        prompt=load("dramaturg.generate", "forum_join"),
        fill=lambda given: {"facts": quote_list(given.facts), "post": quote(given.post)},
        parse=lambda reply, _: parse_yes_no(reply),
        cut="fine",
        sampling=Sampling(temperature=0.0, top_k=None, max_tokens=20),
    )


@functools.cache
def comment_task() -> Task[Commenter, str]:
    """ "forum.comment": one comment, in the manner of its author."""
    return Task(
        name="forum.comment",
        prompt=load("dramaturg.generate", "forum_comment"),
        fill=lambda given: {
            "name": quote(given.name),
            "facts": quote_list(given.facts),
            "style": quote(given.style) or "(not described)",
            "mood": "Today you are in a critical mood: you disagree, doubt or tease. "
            if given.critical
            else "",
            "low": str(given.low),
            "high": str(given.high),
            "way": "\n".join(f"{quote(who)}: {quote(text)}" for who, text in given.way),
        },
        parse=lambda reply, given: _comment(reply, given),
        sampling=Sampling(temperature=1.0, top_k=None, max_tokens=200),
    )


def forum_thread(
    writer: ChatModel,
    checker: ChatModel,
    *,
    rounds: int = 2,
    actions: int = 3,
    critical: float = 0.4,
    short: float = 0.7,
    eager: int = 7,
    deepest: int = 5,
    widest: int = 3,
    seed: int,
    recipe: str = "forum-thread",
) -> Grow:
    """How a thread grows: an ensemble in (the author first, then who is invited), the talk out.

    The scene's field `attribute` says what the post is to bring out. A turn's channel "reply_to"
    holds the index of the turn that it answers. In a round everybody who joined has 1 to `actions`
    chances and takes each with (eager - round) tenths; after the first round nobody answers the
    opening post any more. Only who wrote something is a speaker.

    Args:
        critical: Share of those who joined that is critical, drawn for each round, in [0, 1].
        short: Share of comments of 1 to 10 words; the others have 10 to 50.

    Raises:
        ReplyError: From the work, if the post cannot be read, nobody joins or nobody writes.
    """

    async def grow(ensemble: Ensemble) -> Conversation:
        models = {"writer": Metered(writer), "checker": Metered(checker)}
        thread = _Thread(ensemble, models, seed, deepest=deepest, widest=widest)
        await thread.open()
        joined = await thread.who_joins()
        for number in range(rounds):
            draw = random.Random(derive_seed(seed, "round", ensemble.id, number))
            critics = set(draw.sample(joined, round(critical * len(joined))))
            order = draw.sample(joined, len(joined))
            chance = max(eager - number, 1) / _ALWAYS
            for who in order:
                for _ in range(draw.randint(1, actions)):
                    takes, words = draw.random() < chance, SHORT if draw.random() < short else LONG
                    if takes:
                        await thread.comment(who, who in critics, words, number, draw)
        return thread.conversation(recipe, joined=len(joined))

    return grow


@dataclass
class _Thread:
    """A thread under way; person 0 has opened it."""

    ensemble: Ensemble
    models: Mapping[str, Metered]
    seed: int
    deepest: int
    widest: int
    posts: list[Post] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    answered: dict[int, set[int]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    hashes: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    async def open(self) -> None:
        author = self.ensemble.people[0]
        attribute = str(self.ensemble.scene.fields.get("attribute", ""))
        asked = Poster(facts=author.sentences, style=style_of(author), attribute=attribute)
        own = derive_seed(self.seed, "post", self.ensemble.id)
        said = await ask(
            self.models["writer"], post_task(), asked, seed=own, about=self.ensemble.id
        )
        self._add(Post(author=0, parent=None), said.value, "forum.post", said.prompt_hash)
        self.keys += [key for key in said.keys if key]

    async def who_joins(self) -> list[int]:
        """Who says yes; a reply that says neither is a no, and is counted."""

        async def asked(who: int) -> bool:
            person = self.ensemble.people[who]
            given = Reader(facts=person.sentences, post=self.texts[0])
            own = derive_seed(self.seed, "join", self.ensemble.id, who)
            try:
                said = await ask(
                    self.models["checker"], join_task(), given, seed=own, about=self.ensemble.id
                )
            except ReplyError:
                self.counts["no answer to join"] += 1
                return False
            self.hashes["forum.join"] = said.prompt_hash
            return said.value.yes

        invited = range(1, len(self.ensemble.people))
        joins = await together(asked(who) for who in invited)
        joined = [who for who, yes in zip(invited, joins, strict=True) if yes]
        if not joined:
            raise ReplyError("nobody wants to reply to the post", kind="nobody joins")
        return joined

    async def comment(
        self, who: int, critical: bool, words: tuple[int, int], number: int, draw: random.Random
    ) -> None:
        """One comment, if there is something to answer and the reply can be read."""
        answered = self.answered.setdefault(who, set())
        parent = choose_parent(
            self.posts,
            who,
            answered,
            draw=draw,
            deepest=self.deepest,
            widest=self.widest,
            root=number == 0,
        )
        if parent is None:
            self.counts["nothing to answer"] += 1
            return
        person = self.ensemble.people[who]
        way = reversed(path_to_root(self.posts, parent))
        given = Commenter(
            name=person.name,
            facts=person.sentences,
            style=style_of(person),
            way=tuple((self._name(at), self.texts[at]) for at in way),
            critical=critical,
            low=words[0],
            high=words[1],
        )
        answered.add(parent)
        own = derive_seed(self.seed, "comment", self.ensemble.id, len(self.texts), who, parent)
        try:
            said = await ask(
                self.models["writer"], comment_task(), given, seed=own, about=self.ensemble.id
            )
        except ReplyError as error:
            self.counts[f"comment lost: {error.kind}"] += 1
            return
        self._add(Post(author=who, parent=parent), said.value, "forum.comment", said.prompt_hash)
        self.keys += [key for key in said.keys if key]

    def conversation(self, recipe: str, *, joined: int) -> Conversation:
        """The thread as a talk of those who wrote in it."""
        wrote = sorted({post.author for post in self.posts})
        if len(wrote) < 2:
            raise ReplyError("nobody commented on the post", kind="no comment")
        place = {who: index for index, who in enumerate(wrote)}
        turns = tuple(
            Turn(
                speaker=place[post.author],
                text=text,
                channels={} if post.parent is None else {REPLY_TO: str(post.parent)},
            )
            for post, text in zip(self.posts, self.texts, strict=True)
        )
        spent = [model.spent() for model in self.models.values()]
        cost = {key: sum(one[key] for one in spent) for key in spent[0]}
        invited = len(self.ensemble.people) - 1
        return Conversation(
            scene_id=self.ensemble.id,
            scene={**self.ensemble.scene.fields, "invited": invited, "joined": joined},
            speakers=tuple(_speaker(self.ensemble.people[who]) for who in wrote),
            turns=turns,
            provenance=Provenance(
                recipe=recipe,
                models={role: model.ref for role, model in self.models.items()},
                prompts=dict(sorted(self.hashes.items())),
                seed=self.seed,
                calls=tuple(self.keys),
                repairs=dict(sorted(self.counts.items())),
                extra={"cost": cost},
            ),
        )

    def _add(self, post: Post, text: str, task: str, prompt_hash: str) -> None:
        self.posts.append(post)
        self.texts.append(text)
        self.hashes[task] = prompt_hash

    def _name(self, at: int) -> str:
        return self.ensemble.people[self.posts[at].author].name


def thread_of(conversation: Conversation) -> list[Post]:
    """The tree of a thread's turns, by their speakers."""
    return [
        Post(
            author=turn.speaker,
            parent=int(turn.channels[REPLY_TO]) if REPLY_TO in turn.channels else None,
        )
        for turn in conversation.turns
    ]


def style_of(person: Persona) -> str:
    """How a person writes, with a comment of theirs: the view "style", "" where there is none."""
    style = person.views.get("style", "")
    if isinstance(style, dict):
        return " ".join(str(style.get(key) or "") for key in ("manner", "sample")).strip()
    return str(style)


def _said(reply: str, least: int, most: int) -> str:
    text = re.sub(r"(?i)^\W*(?:title|question|post|comment|reply)\W*:\s*", "", reply.strip())
    text = " ".join(text.split()).strip()
    if len(text) > 1 and text[0] in "\"“'" and text[-1] in "\"”'":
        text = text[1:-1].strip()
    words = len(text.split())
    if words < least:
        raise ReplyError(f"{words} words are no post or comment", kind="too short")
    if words > most:
        raise ReplyError(f"it has {words} words, at most {most} were wanted", kind="too long")
    return text


def _comment(reply: str, given: Commenter) -> str:
    label = re.escape(given.name)
    text = re.sub(rf"(?i)^\W*{label}\W*:\s*", "", reply.strip()) if given.name else reply
    said = _said(text, 1, _SLACK * given.high)
    if any(said.lower() == before.lower() for _, before in given.way):
        raise ReplyError("it repeats a comment", kind="repetition")
    return said


def _speaker(person: Persona) -> Speaker:
    return Speaker(
        name=person.name,
        persona_id=person.id,
        persona=person.sentences,
        fact_ids=tuple(fact.id for fact in person.facts),
    )
