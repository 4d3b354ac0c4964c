"""How a conversation reads to somebody who speaks its language."""

from __future__ import annotations

from dramaturg.models import ChatModel
from dramaturg.prompts import quote
from dramaturg.scorers.base import Scorer
from dramaturg.scorers.dimensions import dimensions
from dramaturg.scorers.languages import Language

FLUENCY = ("fluency", "coherence", "culture")


def fluency_in(language: Language, judge: ChatModel) -> list[Scorer]:
    """Fluency, coherence and fit to the language's culture, 1 to 5 each, one call a conversation.

    A model judges languages that it knows little of too kindly: compare languages only with the
    judgements of native speakers beside them.
    """
    return dimensions(
        judge,
        name="in_target",
        prompt="in_target",
        names=FLUENCY,
        given={"language": quote(language.name)},
    )
