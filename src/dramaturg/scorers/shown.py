"""How much of a persona shows: which attributes can be seen in what their owner says.

A measure by words, without a model. Silence is faithful, so precision alone can be bought by
saying nothing: read it beside recall, and beside who shows what.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

import msgspec

from dramaturg.records import Conversation, derive_seed
from dramaturg.scorers.words import shown_words

SHOWN, HIDDEN = 0.6, 0.3  # share of an attribute's content words: shown from, hidden below
_FIRST_PERSON = re.compile(r"\b(i|my)\b", re.IGNORECASE)


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of attributes, in [0, 1].

    Attributes:
        attributes: How many were looked at; those without a content word are not.
        owner: Shown by their owner.
        partner_only: Shown by the partner and hidden in what the owner says.
        neither: Hidden in what both say.
        words: Content words of attributes that their owner says, in any turn.
    """

    attributes: int
    owner: float
    partner_only: float
    neither: float
    words: float


class PersonaShown(msgspec.Struct, frozen=True, kw_only=True):
    """Attributes that show among true ones and distractors.

    Attributes:
        precision: Of what shows, the share that is true of the speaker; None if nothing shows.
        recall: Of what is true, the share that shows; None if there is nothing to show.
        options: Attributes looked at, true ones and distractors.
    """

    precision: float | None
    recall: float | None
    options: int


def said_in_first_person(conversation: Conversation, speaker: int) -> frozenset[str]:
    """The content words of a speaker's turns that speak of "I" or "my"."""
    said: set[str] = set()
    for turn in conversation.said_by(speaker):
        if _FIRST_PERSON.search(turn.text):
            said |= shown_words(turn.text)
    return frozenset(said)


def _said(conversation: Conversation, speaker: int) -> frozenset[str]:
    return frozenset().union(*(shown_words(t.text) for t in conversation.said_by(speaker)))


def share_said(attribute: str, said: frozenset[str]) -> float | None:
    """The share of an attribute's content words among `said`; None if it has none."""
    words = shown_words(attribute)
    return len(words & said) / len(words) if words else None


class ShownCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The counts behind `Shown`: attributes by who shows them, and content words.

    Attributes:
        words, words_said: Content words of attributes, and how many of them their owner says.
    """

    attributes: int = 0
    owner: int = 0
    partner_only: int = 0
    neither: int = 0
    words: int = 0
    words_said: int = 0


def shown_counts(made: Conversation) -> ShownCounts:
    """Who shows how many of the attributes of one conversation's speakers; see `shown`."""
    count = owner = partner = neither = hits = total = 0
    said = [said_in_first_person(made, i) for i in range(len(made.speakers))]
    anywhere = [_said(made, i) for i in range(len(made.speakers))]
    for who, speaker in enumerate(made.speakers):
        others = frozenset().union(*(s for i, s in enumerate(said) if i != who))
        for attribute in speaker.persona:
            words = shown_words(attribute)
            if not words:
                continue
            mine = len(words & said[who]) / len(words)
            theirs = len(words & others) / len(words)
            count += 1
            hits, total = hits + len(words & anywhere[who]), total + len(words)
            owner += mine >= SHOWN
            partner += theirs >= SHOWN and mine < HIDDEN
            neither += mine < HIDDEN and theirs < HIDDEN
    return ShownCounts(
        attributes=count,
        owner=owner,
        partner_only=partner,
        neither=neither,
        words=total,
        words_said=hits,
    )


def shown(conversations: Conversation | Sequence[Conversation]) -> Shown:
    """Who shows the attributes of all speakers: their owner, the partner only, or nobody.

    An attribute counts as shown by a speaker when 60 % of its content words occur in that
    speaker's first-person turns, and as hidden when less than 30 % do.

    Returns:
        Shares over all attributes; what is partly said (30 to 60 %) is in none of the three.
    """
    if isinstance(conversations, Conversation):
        conversations = [conversations]
    found = [shown_counts(made) for made in conversations]
    count = sum(one.attributes for one in found)
    n = max(count, 1)
    return Shown(
        attributes=count,
        owner=sum(one.owner for one in found) / n,
        partner_only=sum(one.partner_only for one in found) / n,
        neither=sum(one.neither for one in found) / n,
        words=sum(one.words_said for one in found) / max(sum(one.words for one in found), 1),
    )


def persona_shown(
    conversations: Sequence[Conversation], *, distractors: int = 4, seed: int = 0
) -> PersonaShown:
    """Precision and recall of the attributes that show, against attributes of other people.

    For each speaker the options are the own attributes and `distractors` drawn from other
    conversations' people; an option is ticked when it shows in the speaker's turns. This is the
    set-up of the paper's human faithfulness study (4 true, 4 distractors) with words in place
    of annotators, so its numbers are not comparable with the paper's 78.5 and 36 per cent.
    """
    everybody = sorted({a for made in conversations for s in made.speakers for a in s.persona})
    ticked_true = ticked = true = options = 0
    for made in conversations:
        own_talk = {a for s in made.speakers for a in s.persona}
        for who, speaker in enumerate(made.speakers):
            said = said_in_first_person(made, who)
            draw = random.Random(derive_seed(seed, made.scene_id, who))
            others = _draw(everybody, own_talk, distractors, draw)
            for attribute in (*speaker.persona, *others):
                share = share_said(attribute, said)
                if share is None:
                    continue
                options += 1
                is_true = attribute in speaker.persona
                true += is_true
                ticked += share >= SHOWN
                ticked_true += is_true and share >= SHOWN
    return PersonaShown(
        precision=ticked_true / ticked if ticked else None,
        recall=ticked_true / true if true else None,
        options=options,
    )


def _draw(items: Sequence[str], without: set[str], count: int, draw: random.Random) -> list[str]:
    found: list[str] = []
    for _ in range(20 * count if items else 0):
        item = draw.choice(items)
        if item not in without and item not in found:
            found.append(item)
        if len(found) == count:
            break
    return found
