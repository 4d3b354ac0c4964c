"""The page of the scorers names them all."""

from __future__ import annotations

import re
from pathlib import Path

from dramaturg.evaluate import PAIR_SUBJECTS, SUBJECTS
from dramaturg.scorers import GROUPS, NAMES

PAGE = (Path(__file__).parents[2] / "docs" / "critique.md").read_text(encoding="utf-8")


def test_every_scorer_and_group_is_on_the_page_and_nothing_else() -> None:
    told = set(re.findall(r"`([a-z_]+)`", PAGE))
    families = ("llm_eval", "gpt_score", "g_eval", "flaws", "support", "in_target")
    for name in NAMES:
        family = next((f for f in families if name.startswith(f)), None)
        if family is None:
            assert name in told, name
        else:
            (line,) = re.findall(rf"^\| `{family}_\*` \| (.*?) \|", PAGE, re.MULTILINE)
            assert name.removeprefix(f"{family}_") in line, name
    assert set(GROUPS) <= told | set(families)


def test_each_exam_on_the_page_exists() -> None:
    exam = PAGE.partition("## The exam")[2]
    named = set(re.findall(r"`([a-z_]+)`", exam))
    commands = {"critique", "compare", "evaluate"}
    assert named <= {*SUBJECTS, *PAIR_SUBJECTS, *commands}
    assert {"faithfulness", "toxicity", "partner_fact", "coherence", "diversity"} <= named
