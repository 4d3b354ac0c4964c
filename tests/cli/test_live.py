"""The progress line says what, how fast, how long yet, and at what cost."""

from __future__ import annotations

import asyncio
import io

from dramaturg.cli.live import Live, clock_text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_plain_lines_where_output_is_no_terminal() -> None:
    stream, clock = io.StringIO(), Clock()
    live = Live(lambda: (12, 4_000, 0.25, 3), list, stream, clock=clock)
    live.progress("round 1", 0, 10, {})
    clock.now = 1.0
    live.progress("round 1", 1, 10, {"kept": 1})  # too soon after the last line
    clock.now = 20.0
    live.progress("round 1", 5, 10, {"kept": 4})
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert "\x1b" not in stream.getvalue()
    assert lines[1] == (
        "round 1: 5/10 · kept 4 · 20 s left in this step · waiting for 3 calls · 12 calls · "
        "$0.25 · 20 s"
    )


def test_the_line_forecasts_the_cost_and_names_every_wait() -> None:
    stream, clock, usd = io.StringIO(), Clock(), [0.0]
    waits = ["3 to be tried again (rate limit 3), next in 0.8 s"]
    live = Live(lambda: (12, 0, usd[0], 0), lambda: waits, stream, clock=clock)
    live.progress("new facts", 0, 10, {})
    clock.now, usd[0] = 20.0, 0.5
    live.progress("new facts", 5, 10, {})
    live.progress("round 2 of 3", 0, 10, {})
    clock.now, usd[0] = 40.0, 1.5
    live.progress("round 2 of 3", 5, 10, {})
    lines = stream.getvalue().splitlines()
    assert "$0.50 (about $1.00 after this step)" in lines[1]
    assert "$1.50 (about $4.50 in all)" in lines[3]  # 0.20 a pair: 5 here, 10 in the last round
    assert waits[0] in lines[3]


def test_one_rewritten_line_on_a_terminal() -> None:
    stream, clock = Terminal(), Clock()
    live = Live(lambda: (0, 0, None, 0), list, stream, clock=clock)
    for done in range(3):
        clock.now += 1
        live.progress("compose people", done, 5, {})
    live.close()
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().count("\r\x1b[K") == 3


def test_seconds_are_told_in_words() -> None:
    assert [clock_text(s) for s in (4.4, 61, 7260)] == ["4 s", "1 min 01 s", "2 h 01 min"]


async def test_the_line_is_kept_true_while_nothing_gets_further() -> None:
    stream, clock, waits = io.StringIO(), Clock(), ["http://h is down for 3 s, tried every 5 s"]
    live = Live(lambda: (12, 0, None, 0), lambda: waits, stream, clock=clock)
    live.progress("round 1 of 3", 5, 10, {})
    async with live.ticking():
        clock.now = 20.0
        waits[0] = "http://h is down for 23 s, tried every 5 s"
        await asyncio.sleep(1.2)
    assert "down for 23 s" in stream.getvalue().splitlines()[-1]
