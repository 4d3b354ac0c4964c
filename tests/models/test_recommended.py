"""Larger models by one flag; the table is the user's to edit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from dramaturg.cli.main import cli
from dramaturg.errors import UserError
from dramaturg.models.recommended import model_sets, with_recommended
from dramaturg.recipes.recipe import find_recipe
from dramaturg.runner import plan

ROLES = find_recipe("synthetic-persona-chat").roles
AT = "@http://127.0.0.1:9/v1"


def test_every_entry_names_licence_and_size_and_a_reference_that_can_be_resolved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    for name, one in model_sets().items():
        assert one.as_of == "2025-06"
        assert all(entry.licence and entry.parameters[-1] in "MB" for entry in one.roles.values())
        wants = "ADDRESS" in one.roles["chat"].ref
        items = with_recommended(name + AT * wants, (), ROLES)
        planned = plan("synthetic-persona-chat", {}, items)
        assert planned.refs["writer"].startswith("openai:" if wants else "ollama:")


def test_a_set_plays_each_role_with_its_own_model_and_explicit_models_win() -> None:
    items = with_recommended("ollama-mixed", ("embedder=embedded",), ROLES)
    planned = plan("synthetic-persona-chat", {}, items)
    assert planned.refs["writer"] == "ollama:mistral-nemo:12b"
    assert planned.refs["embedder"] == "embedded"
    others = {ref for role, ref in planned.refs.items() if role not in ("writer", "embedder")}
    assert "ollama:phi4:14b" in others
    bare = with_recommended("ollama-mixed", ("openai:x@http://127.0.0.1:9/v1",), ROLES)
    assert "ollama:phi4:14b" not in bare


@pytest.mark.parametrize(
    ("name", "words"),
    [("olama-small", "no set of models"), ("server-small", "needs the address"),
     ("ollama-small" + AT, "takes no address")],
)  # fmt: skip
def test_a_name_that_cannot_be_used_says_which_can(name: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        with_recommended(name, (), ROLES)
    assert "ollama-small" in str(caught.value) or "server-small@http" in str(caught.value)


def test_an_own_table_is_added_and_a_broken_one_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "mine.toml"
    monkeypatch.setenv("DRAMATURG_MODELS", str(own))
    own.write_text(
        '[sets.mine.chat]\nref = "ollama:x"\nmodel = "o/x"\nparameters = "1B"\nlicence = "MIT"\n'
    )
    assert with_recommended("mine", (), ROLES) == ("ollama:x",)
    assert "ollama-small" in model_sets()
    own.write_text('[sets.mine]\nchat = { ref = "ollama:x" }\n')
    with pytest.raises(UserError, match=r"mine\.toml"):
        model_sets()
    own.write_text('[set.mine.chat]\nref = "ollama:x"\n')
    with pytest.raises(UserError, match=r"mine\.toml"):
        model_sets()


def test_the_command_lists_them_and_says_that_they_are_not_measured() -> None:
    shown = CliRunner().invoke(cli, ["models"])
    assert "Qwen/Qwen2.5-7B-Instruct, 7.6B parameters, Apache-2.0" in shown.output
    assert "Not measured here" in shown.output
    listed = json.loads(CliRunner().invoke(cli, ["models", "--json"]).output)
    assert listed["server-large"]["roles"]["chat"]["licence"] == "Apache-2.0"
