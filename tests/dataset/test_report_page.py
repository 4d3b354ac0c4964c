"""report.html: one file, no network, every text shown as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dramaturg import dataset
from dramaturg.records import Conversation, Speaker, Turn
from dramaturg.store import RunFolder

EVIL = "<script>alert(1)</script>\u202e' onmouseover=x"
ROUND: dict[str, Any] = {
    "round": 1,
    "pairs": 3,
    "kept": 2,
    "drafts": 9,
    "dropped": {"draft faithfulness": 4, "pair nothing survived": 1},
    "distinct_2": 0.5,
    "distinct_2_equal": 0.25,
    "recall": None,
}


def test_the_page_shows_figures_reasons_and_samples_and_runs_nothing(tmp_path: Path) -> None:
    talk = Conversation(
        scene_id="s",
        speakers=(Speaker(name=EVIL, persona=(EVIL,), fact_ids=("f",)), Speaker(name="B")),
        turns=(Turn(speaker=0, text=EVIL), Turn(speaker=1, text="Hi.")),
    )
    report = {"recipe": "x", "rounds": [ROUND], "splits": {"train": 2}, "notes": [EVIL]}
    with RunFolder.open(tmp_path / "run", {"recipe": "x"}, "1") as folder:
        page = dataset.write_report_page(folder, report, [talk]).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")
    for shown in ("draft faithfulness", ">4<", "0.250", "x: 2 conversations", "Hi."):
        assert shown in page


def test_a_run_without_a_conversation_still_has_a_page(tmp_path: Path) -> None:
    with RunFolder.open(tmp_path / "run", {"recipe": "x"}, "1") as folder:
        page = dataset.write_report_page(folder, {"recipe": "x", "stopped": "no key"}, [])
    assert "no key" in page.read_text(encoding="utf-8")
