"""How often the critics err: the measured figures that a dataset card must not leave out."""

from __future__ import annotations

from dramaturg.models.experts.cards import card

# Critic -> the expert behind it where the embedded model plays it, and the figures that matter.
_FIGURES = {
    "faithfulness": (
        "nli",
        (
            "contradict: recall, persona-nli valid",
            "contradict: precision, persona-nli valid",
            "caught, planted: fact denied, SPC new facts, unread",
            "false alarms at most, SPC valid, last 500 conversations, never read",
        ),
    ),
    "toxicity": (
        "toxicity",
        (
            "abuse found",
            "false alarms, posts",
            "false alarms, SPC valid",
            "found, abuse without swear words",
        ),
    ),
}


def rests_on(critic: str, ref: str) -> str:
    """What a critic rests on and how often it errs, in one line.

    Args:
        critic: Its name, with or without its version: "faithfulness 1", "depth", ...
        ref: Reference of the model behind it.
    """
    if ref.partition(":")[0] != "embedded":
        return f"{ref}, by prompt; its errors were not measured in this run"
    name = critic.partition(" ")[0]
    expert, wanted = _FIGURES.get(
        name, ("quality", (f"{name}, FED, all pairs", f"{name}, FED pairs, gap >= 1.0"))
    )
    if expert == "nli" and ref == "embedded:large":
        expert = "nli-network"
    known = card(expert)
    told = [
        f"{figure} {known[figure]['value']:.3f} (n {known[figure]['n']:,})"
        for figure in wanted
        if figure in known
    ]
    measured = f"measured: {'; '.join(told)}; " if told else ""
    return f"{ref}, a small expert; {measured}all of its errors are in docs/experts.md"
