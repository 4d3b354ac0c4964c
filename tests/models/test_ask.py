"""One way to ask: parse, ask once more, or drop with the class of the failure."""

from __future__ import annotations

import msgspec
import pytest

from dramaturg.errors import ReplyError, UserError
from dramaturg.models import ScriptedModel, ask
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.prompts import Task, parse_prompt


class Question(msgspec.Struct, frozen=True):
    text: str


def number(reply: str, _: Question) -> int:
    if not reply.isdigit():
        raise ReplyError(f"{reply!r} is no number", kind="no number")
    return int(reply)


TASK = Task(
    name="test.count",
    prompt=parse_prompt("---\nname: test.count\nversion: 1\n---\n## user\nCount {{text}}\n"),
    fill=lambda q: {"text": q.text},
    parse=number,
)


async def test_a_good_reply_is_asked_for_once() -> None:
    model = ScriptedModel("7")
    answer = await ask(model, TASK, Question("geese"), seed=3)
    assert (answer.value, answer.problems, answer.cost.calls) == (7, (), 1)
    assert model.prompt(0) == "Count geese"
    assert answer.prompt_hash == TASK.prompt.hash


async def test_a_bad_reply_is_shown_back_once_with_what_is_wrong() -> None:
    model = ScriptedModel("seven", "7")
    answer = await ask(model, TASK, Question("geese"), seed=3)
    assert (answer.value, answer.problems, answer.cost.calls) == (7, ("no number",), 2)
    roles = [m.role for m in model.calls[1].messages]
    assert roles == ["user", "assistant", "user"]
    assert "'seven' is no number" in model.prompt(1)
    assert model.calls[1].seed != model.calls[0].seed


@pytest.mark.parametrize(
    ("replies", "kind"), [(("seven", "eight"), "no number"), (("", " "), "empty")]
)
async def test_two_bad_replies_are_a_drop_with_its_class(
    replies: tuple[str, str], kind: str
) -> None:
    with pytest.raises(ReplyError) as caught:
        await ask(ScriptedModel(*replies), TASK, Question("geese"), seed=3)
    assert caught.value.kind == kind


async def test_a_refusal_is_told_apart() -> None:
    with pytest.raises(ReplyError) as caught:
        await ask(ScriptedModel("7", "7", finish="refusal"), TASK, Question("geese"), seed=3)
    assert caught.value.kind == "refusal"


async def test_a_model_that_cannot_is_refused_before_any_call() -> None:
    with pytest.raises(UserError, match=r"embedded cannot do 'test\.count'"):
        await ask(EmbeddedModel(), TASK, Question("geese"), seed=3)
