"""A fact with one of its values exchanged: a number, a colour, a job or a place."""

import random

from dramaturg.models.experts.lexicon import members, number


def other_value(fact: str, rng: random.Random) -> str | None:
    """The fact with one value exchanged for another of its kind, or None where it has none."""
    tokens = fact.split()
    for place, token in enumerate(tokens):
        word = token.lower().strip(".,")
        tail = token[len(token.rstrip(".,")) :]
        value = number(word)
        if value is not None and 2 <= value < 100 and place:
            return " ".join(
                [*tokens[:place], str(value + rng.choice((1, 2, 3))) + tail, *tokens[place + 1 :]]
            )
        for kind in ("colour", "job", "state", "country", "city"):
            if word in members(kind):
                other = rng.choice([w for w in members(kind) if w != word])
                return " ".join([*tokens[:place], other + tail, *tokens[place + 1 :]])
    return None
