"""report.html of `critique` and `compare`: one file, escaped, with evidence to look at."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dramaturg.evaluate import shown_talk
from dramaturg.models import Call, ScriptedModel
from dramaturg.runner import acompare, judging
from tests.evaluate.talks import a_talk, many_talks

EVIL = "</p><script>alert(1)</script>"


def is_one_file_without_network(page: str) -> None:
    assert "<script" not in page.replace("&lt;script", "")
    assert "default-src 'none'; style-src 'unsafe-inline'\">" in page
    assert not re.findall(r"(?:src|href)=['\"](?!#)", page)
    assert "{{" not in page


async def test_a_critique_s_page_shows_distributions_and_the_worst_with_marked_turns(
    tmp_path: Path,
) -> None:
    file = tmp_path / "talks.jsonl"
    long = [f"Number {i}." for i in range(200)]
    long[150] = f"I am not a vegan. {EVIL}"
    rows = [
        {"user_1": ["I am a vegan."], "user_2": [f"I grill. {EVIL}"],
         "turns": [[f"User {i % 2 + 1}", text] for i, text in enumerate(said)]}
        for said in (long, ["Hello.", "Hi.", "I never eat meat.", "I grill."])
    ]  # fmt: skip
    file.write_text("".join(json.dumps(row) + "\n" for row in rows) + "{broken\n")
    out = tmp_path / "v"
    report = await judging.critique_file(
        str(file), names="faithfulness,repetition,length", out=str(out), exam=True
    )
    assert report["worst"]
    page = (out / "report.html").read_text(encoding="utf-8")
    is_one_file_without_network(page)
    marked = re.findall(r"<p class='turn marked'>.*?<bdi>(.*?)</bdi>", page)
    assert marked == ["I am not a vegan. &lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;"]
    assert "… 92 more turns …" in page
    assert page.count("<figure>") == 2  # length has no upper end, and so no histogram
    assert "1 rows could not be read" in page
    assert "16 of 16" in page
    assert "atomic" not in page
    (out / "report.html.tmp").write_text("a killed writer's")
    await judging.critique_file(str(file), names="repetition", out=str(out))
    assert "nothing failed" in (out / "report.html").read_text(encoding="utf-8")


async def test_a_comparison_s_page_shows_shares_position_bias_agreement_and_pairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(call: Call) -> str:
        text = call.messages[-1].content
        return "1" if text.find("lol") < text.find("Hello, do you") else "2"

    def judge(ref: str, limits: object) -> ScriptedModel:
        return ScriptedModel(by_task={"judge.quality.human": answer}, ref=ref)

    monkeypatch.setattr("dramaturg.runner.comparing.resolve", judge)
    ours = [
        a_talk(f"lol {EVIL}", *(t.text for t in talk.turns[1:]), scene=talk.scene_id,
               personas=[s.persona for s in talk.speakers])
        for talk in many_talks(12)
    ]  # fmt: skip
    out = tmp_path / "turing"
    found = await acompare(ours, many_talks(12), model=["judge:a", "judge:b"], out=out, exam=False)
    page = (out / "report.html").read_text(encoding="utf-8")
    is_one_file_without_network(page)
    assert page.count("<figure>") == 2  # a bar of wins, ties and losses for each judge
    shares = found.results[0].shown_first
    assert f"{shares.value:.3f} ({shares.low:.3f} to {shares.high:.3f})" in page
    assert found.agreement["human"]["measure"].replace("'", "&#x27;") in page
    assert page.count("<details>") >= 6
    assert "votes: " in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("marked", "seen", "cut"),
    [
        ([], range(60), 140),
        ([59], range(60), 140),
        ([150], [*range(57), 149, 150, 151], 140),
        ([199], [*range(58), 198, 199], 140),
        (range(100, 180), range(100, 160), 140),
    ],
)
def test_of_a_long_conversation_the_marked_turns_are_seen(
    marked: list[int], seen: list[int], cut: int
) -> None:
    shown = shown_talk(a_talk(*[f"t{i}" for i in range(200)]), marked)
    assert shown["places"] == list(seen)
    assert shown["cut"] == cut
    assert [text for _, text in shown["turns"]] == [f"t{i}" for i in seen]
