"""Where thousands of judgements are needed, a judge that asks a prompt for each is too dear."""

from __future__ import annotations

from dramaturg.models.base import NLIModel


def cheap_nli(nli: NLIModel) -> NLIModel:
    """The same judge, or the embedded one where each judgement of `nli` is a prompt.

    Marking the turns of one conversation takes some 200 judgements: as prompts they would cost
    more than everything else together. What was used stands in the report.
    """
    from dramaturg.models.embedded_model import EmbeddedModel
    from dramaturg.models.prompted import PromptedNLI

    return EmbeddedModel() if isinstance(nli, PromptedNLI) else nli
