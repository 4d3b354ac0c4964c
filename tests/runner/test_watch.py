"""A run seen from outside: what its log says and does not say, and its traces."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dramaturg import runner
from dramaturg.errors import UserError
from dramaturg.models import ScriptedModel
from dramaturg.models.resolve import Limits
from dramaturg.runner.log import _File, event, log_to
from dramaturg.runner.perform import Run
from dramaturg.runner.watch import Watch, Watching
from tests.models.stub_endpoint import Act, Seen, running, says
from tests.runner.test_endpoint import FACTS, answering

KEY = "sk-test-secret-0123456789"
SIZE = {"conversations": 3, "rounds": 2, "drafts": 2, "new_facts": 0, "people": 6}


async def run_with(
    out: Path,
    fault: Callable[[Seen, int], Act | None] | None = None,
    how: Watching = Watching(),  # noqa: B008  (it is immutable)
) -> Run:
    async with running(answering(fault)) as stub:
        planned = runner.plan(
            "synthetic-persona-chat",
            {"personas": str(FACTS), **SIZE},
            [f"openai:actor@{stub.url}"],
            out,
            limits=Limits(timeout_s=20),
        )
        return await runner.perform(planned, seen=how)


def events(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text("utf-8").splitlines()]


async def test_the_log_tells_the_run_in_json_lines_without_keys_and_without_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def fault(seen: Seen, count: int) -> Act | None:
        if count % 40 == 7:
            return Act({"error": {"message": f"busy, {KEY}"}}, 500)
        if count == 11:
            return Act({"error": {"message": "top_k is not supported"}}, 400)
        return None

    run = await run_with(tmp_path / "a", fault)
    assert run.state == "finished", run.stopped
    told = events(tmp_path / "a")
    assert all({"at", "level", "event"} <= row.keys() for row in told)
    assert [row["at"] for row in told] == sorted(row["at"] for row in told)
    assert told[0]["event"] == "run begins"
    assert told[0]["recipe"] == "synthetic-persona-chat"
    begun = [row["step"] for row in told if row["event"] == "step begins"]
    ended = {row["step"]: row for row in told if row["event"] == "step ends"}
    assert begun[-2:] == ["round 1 of 2", "round 2 of 2"]
    assert ended.keys() == set(begun)
    assert ended["round 2 of 2"]["done"] == ended["round 2 of 2"]["total"] == 3
    assert ended["round 2 of 2"]["kept"] == 3
    retries = Counter[str]()
    for row in told:
        if row["event"] == "retries":
            retries.update(row["kinds"])
            assert row["level"] == "warning"
    assert retries["server"] >= 2
    assert any("does not take top_k" in row["event"] for row in told)
    last = told[-1]
    assert (last["event"], last["level"]) == ("finished", "info")
    assert last["calls"] == sum(row["calls"] for row in run.report["totals"].values())
    whole = (tmp_path / "a" / "log.jsonl").read_text("utf-8")
    assert KEY not in whole
    assert "call" not in {row["event"] for row in told}
    said = [turn.text for talk in run.conversations() for turn in talk.turns]
    assert said
    assert not any(text in whole for text in said)


async def test_a_run_that_stops_says_why_at_the_end_of_its_log(tmp_path: Path) -> None:
    run = await run_with(tmp_path / "a", lambda s, n: Act({"error": {"message": "no"}}, 401))
    assert run.state == "stopped"
    last = events(tmp_path / "a")[-1]
    assert (last["event"], last["level"], last["kind"]) == ("stopped", "warning", "auth")
    assert "refuses the key" in last["why"]


async def test_pressure_that_changes_is_logged(tmp_path: Path) -> None:
    def fault(seen: Seen, count: int) -> Act | None:
        if 20 < count < 60:
            return Act({"error": {"message": "slow down"}}, 429, {"retry-after": "0.05"})
        return None

    await run_with(tmp_path / "a", fault)
    rows = [row for row in events(tmp_path / "a") if row["event"] == "pressure"]
    assert rows
    assert rows[0]["requests_to"] < rows[0]["requests_from"]
    assert rows[0]["halvings"] >= 1


async def test_verbose_logs_each_call_with_its_texts_and_shows_lines_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    shown: list[str] = []
    before = logging.getLogger("dramaturg").level

    def fault(seen: Seen, count: int) -> Act | None:
        return Act(says(f"I keep {KEY} safe.")) if count == 2 else None

    run = await run_with(tmp_path / "a", fault, Watching(verbose=True, say=shown.append))
    calls = [row for row in events(tmp_path / "a") if row["event"] == "call"]
    assert len(calls) == sum(row["calls"] for row in run.report["totals"].values())
    writes = [row for row in calls if row["task"] == "conversation.write"]
    assert writes[0]["reply"].startswith("User 1:")
    assert "You write conversations" in writes[0]["prompt"][0][1]
    assert {"role", "model", "seconds", "tokens_in", "tokens_out", "finish"} <= writes[0].keys()
    whole = (tmp_path / "a" / "log.jsonl").read_text("utf-8")
    assert KEY not in whole
    assert any(line.startswith("debug: call · role writer") for line in shown)
    assert not any("User 1:" in line or KEY in line for line in shown)
    assert logging.getLogger("dramaturg").level == before


def test_runs_that_overlap_put_the_level_back_whichever_ends_first(tmp_path: Path) -> None:
    logger = logging.getLogger("dramaturg")
    before = logger.level
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = log_to(tmp_path / "a"), log_to(tmp_path / "b", verbose=True)
    first.__enter__()
    second.__enter__()
    assert logger.level == logging.DEBUG
    event("call", logging.DEBUG, reply="said in private")
    first.__exit__(None, None, None)
    assert logger.level == logging.DEBUG
    second.__exit__(None, None, None)
    assert logger.level == before
    assert not (tmp_path / "a" / "log.jsonl").exists()
    assert "said in private" in (tmp_path / "b" / "log.jsonl").read_text("utf-8")


def test_the_log_is_bounded_whatever_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dramaturg.runner.log.MAX_BYTES", 2_000)
    with log_to(tmp_path):
        for i in range(500):
            event("retries", endpoint="x", count=i, text="\ud800 Grüße")
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["log.jsonl", "log.jsonl.1", "log.jsonl.2"]
    assert all(path.stat().st_size <= 2_000 for path in tmp_path.iterdir())
    assert events(tmp_path)[-1]["count"] == 499


def test_a_log_that_cannot_be_written_falls_silent_and_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log.jsonl").mkdir()
    with log_to(tmp_path):
        event("run begins")
        event("finished")
    assert capsys.readouterr() == ("", "")
    assert issubclass(_File, logging.Handler)


async def test_spans_tell_run_steps_and_calls_by_the_conventions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("opentelemetry.sdk", reason="the extra otel is not installed")
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr("opentelemetry.trace.get_tracer_provider", lambda: provider)

    spoilt: list[bytes] = []

    def fault(seen: Seen, count: int) -> Act | None:
        if b"You write conversations" in seen.raw and not spoilt:
            spoilt.append(seen.raw)
            return Act({"error": {"message": "too long", "code": "context_length_exceeded"}}, 400)
        return None

    run = await run_with(tmp_path / "a", fault, Watching(otel=True))
    spans = kept.get_finished_spans()
    (whole,) = [span for span in spans if span.name == "dramaturg.run"]
    steps = [span for span in spans if span.name == "dramaturg.step"]
    calls = [span for span in spans if span.name.startswith("chat ")]
    assert whole.attributes is not None
    assert whole.attributes["dramaturg.recipe"] == "synthetic-persona-chat"
    named = {str((span.attributes or {})["dramaturg.step"]) for span in steps}
    assert {"round 1 of 2", "round 2 of 2"} <= named
    assert all(span.parent and span.parent.span_id == whole.context.span_id for span in steps)
    inside = {span.context.span_id for span in (*steps, whole)}
    assert all(span.parent and span.parent.span_id in inside for span in calls)
    good = [span for span in calls if span.status.is_ok or span.status.is_unset]
    assert len(good) == sum(row["calls"] for row in run.report["totals"].values())
    writes = next(s for s in good if (s.attributes or {})["dramaturg.task"] == "conversation.write")
    told = dict(writes.attributes or {})
    assert writes.name == "chat actor"
    assert writes.kind.name == "CLIENT"
    wanted = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "actor",
        "gen_ai.request.temperature": 0.7,
        "gen_ai.request.top_k": 40,
        "gen_ai.request.max_tokens": 1200,
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 12,
        "gen_ai.usage.output_tokens": 5,
        "server.address": "127.0.0.1",
        "dramaturg.role": "writer",
    }
    assert {name: told[name] for name in wanted} == wanted
    bad = [span for span in calls if not (span.status.is_ok or span.status.is_unset)]
    assert {str((span.attributes or {})["error.type"]) for span in bad} == {"context length"}
    assert not any(
        "I " in str(value) for span in spans for value in (span.attributes or {}).values()
    )


async def test_traces_without_their_extra_are_refused_by_name_or_told_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [m for m in sys.modules if m.startswith("opentelemetry")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(UserError, match="OpenTelemetry") as caught:
        await run_with(tmp_path / "a", how=Watching(otel=True))
    assert "dramaturg[otel]" in caught.value.fix
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    run = await run_with(tmp_path / "b")
    assert run.state == "finished"
    assert any("extra otel is not installed" in row["event"] for row in events(tmp_path / "b"))


async def test_a_collector_that_is_not_there_holds_up_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="no exporter installed")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    begun = time.perf_counter()
    run = await run_with(tmp_path / "a")
    assert run.state == "finished"
    assert time.perf_counter() - begun < 30


def test_nothing_of_opentelemetry_is_loaded_unless_asked_for() -> None:
    code = (
        "import sys, dramaturg, dramaturg.runner.perform, dramaturg.cli.run; "
        "print([m for m in sys.modules if m.startswith('opentelemetry')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
    model = ScriptedModel()
    assert Watch({}, []).wrap(model, "writer") is model
