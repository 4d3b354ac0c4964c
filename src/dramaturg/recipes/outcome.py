"""What a finished recipe hands over: conversations with their split, people, figures, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dramaturg import dataset
from dramaturg.loop import Improved
from dramaturg.recipes.error_rates import rests_on
from dramaturg.recipes.recipe import Made
from dramaturg.records import Persona
from dramaturg.store import Spool, parts

ABOUT = {
    "n": "every figure of a round is over its kept conversations (kept), before they are split; "
    "variety is over their tokens (tokens)",
    "precision": "share, 0 to 1, of the attributes that show which are the speaker's own, against "
    "4 distractors a speaker; shown = 60 % of content words in first-person turns; it is near 1 "
    "for any talk about these people, so read it with recall",
    "recall": "share, 0 to 1, of the speakers' attributes that show, same measure",
    "distinct_1, distinct_2, distinct_3": "different n-grams over all n-grams, 0 to 1",
    "different": "share, 0 to 1, of utterances that no other equals",
    "turns, words": "means: turns a conversation, tokens a turn",
    "votes": "mean number of the five quality experts that chose the kept draft",
    "per_kept": "calls and tokens for each kept conversation; calls_all and tokens_all: an "
    "estimate of the same if every filter saw every draft and every expert every pair of them",
    "bad_replies": "replies that could not be used as they came, by class; replies = repaired + "
    "helped (the second reply was used) + in vain (it was not) + dropped (second replies) + "
    "unanswered; n, all replies, stands in totals",
    "prompts": "shares, 0 to 1, of the characters of the first 5,000 prompts in the order sent; "
    "consecutive: begin as the prompt before of the same task; cached: in blocks of 64 characters "
    "that an earlier prompt to the same model began with",
    "cost": "model calls and tokens of drafts and verdicts; seconds: of the clock",
}


def outcome(
    best: Improved,
    people: Sequence[Persona],
    sides: Mapping[str, str] | None = None,
    *,
    asked: int,
    seed: int,
    steps: Mapping[str, Any],
    critics: Mapping[str, str],
    said: Sequence[str] = (),
) -> Made:
    """Split the conversations so that no persona is in two splits, and gather the report.

    Args:
        asked: How many conversations were asked for; falling short is told.
        critics: The model behind each critic, by name and version.
        steps: Counts of the steps before the loop, by step.
        sides: Split by persona id, where people were divided before they met; None divides the
            conversations.
        said: Sentences of those steps that a user should read.
    """
    talks = best.kept
    if sides is None:
        splits = dataset.apart_by_persona(talks, seed=seed)
    else:
        splits = dataset.Splits(
            {talk.id: sides[str(talk.speakers[0].persona_id)] for talk in talks}
        )
    rounds = [msgspec.to_builtins(row) for row in best.rounds]
    marked = sum(any(turn.grounding for turn in talk.turns) for talk in talks)
    divided = (msgspec.structs.replace(talk, split=splits.by_id[talk.id]) for talk in talks)
    report = {
        "rounds": rounds,
        "steps": dict(steps),
        "critics": {name: rests_on(name, ref) for name, ref in critics.items()},
        "grounded": {
            "conversations_with_a_marked_turn": marked,
            "n": len(talks),
            "scorer": "ground, by the role nli, or embedded where that role asks prompts",
        },
        "about": ABOUT,
    }
    return Made(
        conversations=Spool(divided),
        people=list(people),
        report=report,
        notes=[
            *said,
            *_shortfall(asked, steps, len(talks), _gaps(best)),
            *splits.notes,
            *([best.stopped] if best.stopped and not best.cut else []),
        ],
        cut=best.cut,
    )


def _gaps(best: Improved) -> int:
    """Pairs without a conversation because no shard that was merged has made them."""
    gaps = {drop.subject for drop in best.dropped if drop.reason_class in parts.GAPS}
    return len(gaps - {talk.scene_id for talk in best.kept}) if gaps else 0


def _shortfall(asked: int, steps: Mapping[str, Any], kept: int, gaps: int) -> list[str]:
    if kept >= asked:
        return []
    pairs = int(steps["pairs"])
    lost = pairs - kept - gaps
    why = [f"only {pairs} pairs could be made of {steps['people']} people"] * (pairs < asked)
    why += [f"nothing survived the critics for {lost} pairs"] * (lost > 0)
    why += [f"{gaps} pairs are in shards that are missing or incomplete"] * (gaps > 0)
    return [f"{kept} of {asked} conversations: {' and '.join(why)}; see dropped/"]
