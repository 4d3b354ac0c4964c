"""Schemas of replies: what providers enforce is what parsers read."""

from __future__ import annotations

from dramaturg.generate.option_question import option_question_task
from dramaturg.generate.personal import gold_task
from dramaturg.persona.portrait import portray
from dramaturg.profile.events import evolution, past
from dramaturg.prompts import TEXT, list_schema, object_schema, one_of
from dramaturg.scorers.personal_answer import personal_answer_marks


def test_an_object_has_its_fields_and_no_other() -> None:
    assert object_schema(a=TEXT, b=list_schema(one_of("x", "y"))) == {
        "type": "object",
        "properties": {
            "a": {"type": "string"},
            "b": {"type": "array", "items": {"type": "string", "enum": ["x", "y"]}},
        },
        "required": ["a", "b"],
        "additionalProperties": False,
    }


def test_the_fields_of_a_schema_are_named_in_the_prompt() -> None:
    tasks = (past(), evolution(), portray(), option_question_task(), gold_task())
    for task in (*tasks, personal_answer_marks()):
        assert task.schema is not None
        system = task.prompt.messages[0].content
        for field in task.schema["required"]:
            assert f'"{field}"' in system, f"{task.name}: {field}"
    assert "reason" in evolution().schema["properties"]["events"]["items"]["required"]  # type: ignore[index]
    assert "reason" not in past().schema["properties"]["events"]["items"]["required"]  # type: ignore[index]
