"""How a conversation reads to somebody who speaks its language."""

from __future__ import annotations

from dramaturg.models import ChatModel
from dramaturg.prompts import quote
from dramaturg.records import Conversation, Verdict
from dramaturg.scorers.base import PROMPTED, Scorer
from dramaturg.scorers.dimensions import dimensions
from dramaturg.scorers.languages import Language, language_named
from dramaturg.scorers.yes_no import needs

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


def fluency(judge: ChatModel) -> list[Scorer]:
    """The same for conversations of any language: the one that the scene's field names.

    A conversation without the field "language" is not judged.
    """
    families: dict[str, list[Scorer]] = {}
    return [_OfItsLanguage(place, name, judge, families) for place, name in enumerate(FLUENCY)]


class _OfItsLanguage:
    version, cost_rank, low, high = "prompt-1", PROMPTED, 1.0, 5.0

    def __init__(
        self, place: int, name: str, judge: ChatModel, families: dict[str, list[Scorer]]
    ) -> None:
        self.name = f"in_target_{name}"
        self._place, self._judge, self._families = place, judge, families
        needs(judge, "judge.in_target")

    async def __call__(self, conversation: Conversation, *, seed: int = 0) -> Verdict:
        language = language_named(conversation)
        if language.tag not in self._families:
            self._families[language.tag] = fluency_in(language, self._judge)
        return await self._families[language.tag][self._place](conversation, seed=seed)
