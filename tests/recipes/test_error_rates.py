"""The critics of a dataset are named with what was measured of them."""

from __future__ import annotations

from dramaturg.recipes.error_rates import rests_on


def test_an_embedded_critic_is_named_with_its_measured_errors() -> None:
    faithful = rests_on("faithfulness 2", "embedded")
    assert "contradict: recall, persona-nli valid 0.157 (n 540)" in faithful
    assert "false alarms at most" in faithful
    assert "abuse without swear words 0.178 (n 342)" in rests_on("toxicity", "embedded")
    assert "depth, FED, all pairs 0.728 (n 6,863)" in rests_on("depth 1", "embedded")


def test_of_a_prompted_critic_it_says_that_nothing_was_measured() -> None:
    assert rests_on("toxicity", "openai:x") == (
        "openai:x, by prompt; its errors were not measured in this run"
    )


def test_an_unknown_critic_gets_no_figure_of_another() -> None:
    assert "measured:" not in rests_on("humour", "embedded")
