"""The book: a recipe's signature is its configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from dramaturg.errors import UserError
from dramaturg.models import ScriptedModel
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.recipes.recipe import find_recipe, read_settings

SPC = find_recipe("synthetic-persona-chat")


def test_roles_and_settings_are_read_from_the_signature() -> None:
    assert list(SPC.roles) == ["writer", "critic", "nli", "embedder"]
    assert SPC.settings["rounds"].default == 3
    assert SPC.settings["drafts"].help == 'per pair and round (paper: "a series")'
    assert SPC.settings["new_facts"].optional


def test_the_paper_s_parameters_are_the_defaults() -> None:
    wanted = {
        "rounds": 3,
        "demonstrations": 5,
        "min_turns": 6,
        "max_turns": 7,
        "query_steps": 100,
        "cluster_at": 0.1,
        "profile_size": 5,
        "duplicate_at": 0.9,
        "shared": 2,
    }
    assert {name: SPC.settings[name].default for name in wanted} == wanted


def test_an_unknown_recipe_gets_the_nearest_one() -> None:
    with pytest.raises(UserError, match="did you mean 'synthetic-persona-chat'"):
        find_recipe("synthetic_persona_caht")


def test_an_unknown_setting_gets_the_nearest_one() -> None:
    with pytest.raises(UserError, match="did you mean --rounds"):
        read_settings(SPC, {"round": "2"})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("rounds", "2", 2),
        ("cluster-at", "0.2", 0.2),
        ("partner_expert", "yes", True),
        ("new_facts", "none", None),
        ("personas", "x.txt", Path("x.txt")),
    ],
)
def test_settings_are_read_from_text(name: str, text: str, value: object) -> None:
    assert read_settings(SPC, {name: text})[name.replace("-", "_")] == value


@pytest.mark.parametrize(("name", "text"), [("rounds", "two"), ("partner_expert", "perhaps")])
def test_a_value_of_another_type_is_refused(name: str, text: str) -> None:
    with pytest.raises(UserError, match="cannot be"):
        read_settings(SPC, {name: text})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rounds": "0"}, "1 or more"),
        ({"drafts": 0}, "1 or more"),
        ({"profile-size": "0"}, "1 or more"),
        ({"cluster-at": "nan"}, "between -1 and 1"),
        ({"min-turns": "9", "max-turns": "8"}, "--min-turns is above --max-turns"),
        ({"new-per-person": "6"}, "--new-per-person is above --profile-size"),
    ],
)
def test_a_number_out_of_range_is_refused_before_any_call(
    given: dict[str, object], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        read_settings(SPC, given)


def test_a_model_is_checked_against_its_role() -> None:
    SPC.check_model("writer", EmbeddedModel())
    SPC.check_model("critic", EmbeddedModel())
    SPC.check_model("writer", ScriptedModel())
    with pytest.raises(UserError, match="turns sentences into vectors"):
        SPC.check_model("embedder", ScriptedModel())
