"""References on the command line: what they name, and what is said of the others."""

from __future__ import annotations

import pytest

from dramaturg.errors import UserError
from dramaturg.models import ChatModel, Embedder, NLIModel, QualityModel, ToxicityModel
from dramaturg.models.resolve import parse_roles, resolve

ROLES = ("writer", "critic", "nli", "embedder")


def test_embedded_can_do_everything_but_follow_prompts() -> None:
    model = resolve("embedded")
    for kind in (ChatModel, NLIModel, Embedder, ToxicityModel, QualityModel):
        assert isinstance(model, kind)
    assert not model.follows_prompts()
    assert model.native("conversation.write")
    assert not model.native("faithfulness.judge")


def test_a_key_that_is_missing_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(UserError, match="OPENAI_API_KEY is not set"):
        resolve("openai:gpt-4.1-mini")


def test_a_local_server_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    model = resolve("openai:stub@http://127.0.0.1:9/v1")
    assert model.ref == "openai:stub@http://127.0.0.1:9/v1"


@pytest.mark.parametrize("url", ["http://me:secret@h/v1", "https://h/v1?key=secret"])
def test_an_address_that_holds_a_secret_is_refused_before_it_is_written(url: str) -> None:
    with pytest.raises(UserError) as caught:
        resolve(f"openai:m@{url}")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        ("opnai:gpt", "did you mean openai:gpt"),
        ("embeded", "did you mean embedded"),
        ("openai:", "names no model"),
        ("openai:m@localhost:8000", "begins with http"),
        ("litellm:claude", "not built yet"),
        ("scripted:no-such-file.json", "cannot read the script"),
    ],
)
def test_a_reference_that_names_nothing_gets_one_clear_sentence(ref: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        resolve(ref)


def test_roles_are_read_and_a_bare_model_fills_the_rest() -> None:
    assert parse_roles(["openai:m", "nli=embedded"], ROLES) == {"*": "openai:m", "nli": "embedded"}
    assert parse_roles(["openai:m@http://h/v1?x=1"], ROLES) == {"*": "openai:m@http://h/v1?x=1"}


def test_an_unknown_role_gets_the_nearest_one() -> None:
    with pytest.raises(UserError, match="did you mean --model writer=embedded"):
        parse_roles(["writter=embedded"], ROLES)


def test_a_role_given_twice_is_refused() -> None:
    with pytest.raises(UserError, match="given twice"):
        parse_roles(["nli=embedded", "nli=openai:m"], ROLES)


def test_minilm_is_an_embedder_whose_missing_weights_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dramaturg.models.experts import minilm

    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package_of_weights")

    with pytest.raises(UserError, match="all-MiniLM-L6-v2") as caught:
        resolve("minilm")

    assert "dramaturg[minilm]" in str(caught.value.fix)


def test_a_slip_in_a_name_without_a_model_is_put_right() -> None:
    with pytest.raises(UserError) as caught:
        resolve("minilmm")

    assert str(caught.value.fix) == "did you mean minilm?"
