"""How many items are under way: enough for the endpoint behind whatever stands before it."""

from __future__ import annotations

from pathlib import Path

from dramaturg.models import capacity
from dramaturg.models.budget import Budget, Budgeted
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.models.gate import Gate, Gated
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.prompted import PromptedNLI
from dramaturg.models.recorded import Recorded
from dramaturg.models.spread import Spread
from dramaturg.store import Journal


def an_endpoint(slots: int) -> OpenAICompatible:
    return OpenAICompatible("m", "http://127.0.0.1:9/v1", max_in_flight=slots)


def test_it_is_twice_the_slots_of_the_largest_and_at_least_64(tmp_path: Path) -> None:
    assert capacity(EmbeddedModel()) == 64
    assert capacity(an_endpoint(4)) == 64
    with Journal(tmp_path / "journal.sqlite") as journal:
        wrapped = Recorded(Gated(Budgeted(an_endpoint(256), Budget()), Gate()), "w", journal)
        assert capacity(wrapped, an_endpoint(100)) == 512
        assert capacity(PromptedNLI(wrapped)) == 512
    assert capacity(Spread([an_endpoint(64), an_endpoint(64)], "openai:m")) == 256
