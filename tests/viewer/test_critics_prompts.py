"""The prompts that critics sent, from a run over an endpoint to the page of a conversation."""

from __future__ import annotations

from pathlib import Path

from aiohttp.test_utils import TestClient, TestServer

from dramaturg.records import Comparison, Verdict, from_json
from dramaturg.viewer import one
from tests.models.stub_endpoint import running
from tests.runner.test_endpoint import answering, dramaturg
from tests.viewer.stage import app_of, opened


async def test_a_verdict_leads_to_the_exact_prompt_and_reply_of_its_critic(
    tmp_path: Path,
) -> None:
    async with running(answering()) as stub:
        code, _, errors = await dramaturg(stub, tmp_path / "run")
    assert code == 0, errors
    with opened(tmp_path / "run", cache=tmp_path / "cache") as (source,):
        journal = source.journal
        verdicts = [from_json(body, Verdict) for body in journal.records("verdict")]
        compared = [from_json(body, Comparison) for body in journal.records("comparison")]
        assert verdicts
        assert compared
        for keys in [v.calls for v in verdicts] + [c.calls for c in compared]:
            tasks = {call["task"] for call in one.calls(source, keys)}
            assert tasks
            assert all(task.startswith(("judge.", "nli.")) for task in tasks), tasks
        subject = verdicts[0].subject
        with source.asked() as db:
            d = one.detail(source, db, subject)
        found = one.calls(source, one.critics_calls(d))
        assert {key for v in d.verdicts for key in v.calls} <= {call["key"] for call in found}
        said = " ".join(m["content"] for call in found for m in call["messages"])
        assert d.talk.turns[0].text in said
        async with TestClient(TestServer(app_of(source))) as client:
            page = await (await client.get(f"/1/conversations/{subject}")).text()
    assert "The exact prompts and replies of the critics" in page
    assert all(call["key"] in page for call in found)
