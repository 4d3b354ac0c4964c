"""Progress that says what happens, how fast, how long yet, and at what cost.

One line that is rewritten on a terminal; a plain line every few seconds elsewhere. All of it on
standard error, so that standard output stays clean for results.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import sys
import time
from collections.abc import AsyncIterator, Callable
from typing import TextIO

Spent = Callable[[], tuple[int, int, float | None, int]]
"""Calls made, tokens in and out, US dollars (None = price unknown), calls in flight."""


class Live:
    """Shows the progress of a run.

    Args:
        spent: What the models have done so far.
        waits: What they wait for beside ordinary replies, in words.
        stream: Where to, None = standard error; a terminal gets one rewritten line.
        every_s: Seconds between two plain lines when `stream` is no terminal.
    """

    def __init__(
        self,
        spent: Spent,
        waits: Callable[[], list[str]] = list,
        stream: TextIO | None = None,
        every_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        stream = stream or sys.stderr  # looked up now: it may not be what it was at import
        self._spent, self._stream, self._clock = spent, stream, clock
        self._waits = waits
        self._terminal = stream.isatty()
        self._every = 0.1 if self._terminal else every_s
        self._step, self._since, self._done_at_start = "", clock(), 0
        self._shown, self._last = -1e9, ""
        self._shown_last: tuple[str, int, int | None, dict[str, float]] | None = None
        self._started = clock()
        self._tokens_at_start = 0
        self._usd_at_start = 0.0

    def progress(self, step: str, done: int, total: int | None, figures: dict[str, float]) -> None:
        """Show a step's state; a new step always gets a line of its own."""
        self._shown_last = step, done, total, figures
        now = self._clock()
        new = step != self._step
        if new:
            if self._last and self._terminal:
                self._stream.write("\n")
            self._step, self._since, self._done_at_start = step, now, done
            self._tokens_at_start = self._spent()[1]
            self._usd_at_start = self._spent()[2] or 0.0
        finished = total is not None and done >= total
        if not (new or finished) and now - self._shown < self._every:
            return
        line = self._line(step, done, total, figures, now)
        if line == self._last:
            return
        self._shown, self._last = now, line
        if self._terminal:
            width = shutil.get_terminal_size().columns
            shown = line if len(line) < width else line[: width - 2] + "…"
            self._stream.write("\r\x1b[K" + shown)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()

    def refresh(self) -> None:
        """Show the same step again, with what is waited for now."""
        if self._shown_last is not None and self._clock() - self._shown >= self._every:
            self.progress(*self._shown_last)

    @contextlib.asynccontextmanager
    async def ticking(self) -> AsyncIterator[None]:
        """Within this block the line is kept true while nothing gets further."""

        async def tick() -> None:
            while True:
                await asyncio.sleep(1.0)
                self.refresh()

        ticker = asyncio.create_task(tick())
        try:
            yield
        finally:
            ticker.cancel()

    def say(self, sentence: str) -> None:
        """A line of its own."""
        self._stream.write(("\n" if self._terminal and self._last else "") + sentence + "\n")
        self._stream.flush()
        self._last = ""

    def close(self) -> None:
        """End the rewritten line."""
        if self._terminal and self._last:
            self._stream.write("\n")
            self._stream.flush()
        self._last = ""

    def _line(
        self, step: str, done: int, total: int | None, figures: dict[str, float], now: float
    ) -> str:
        calls, tokens, usd, in_flight = self._spent()
        took = max(now - self._since, 1e-3)
        parts = [f"{step}: {done}" + (f"/{total}" if total is not None else "")]
        parts += [f"{name.replace('_', ' ')} {value:g}" for name, value in figures.items()]
        if tokens > self._tokens_at_start and took > 0.5:
            parts.append(f"{(tokens - self._tokens_at_start) / took:,.0f} tokens/s")
        advanced = done - self._done_at_start
        if total is not None and advanced > 0 and done < total and took > 1:
            parts.append(f"{clock_text((total - done) * took / advanced)} left in this step")
        if in_flight:
            parts.append(f"waiting for {in_flight} calls")
        parts += self._waits()
        parts.append(f"{calls:,} calls")
        if usd is not None and usd > 0:
            parts.append(f"${usd:.2f}{self._forecast(step, done, total, advanced, usd)}")
        parts.append(clock_text(now - self._started))
        return " · ".join(parts)

    def _forecast(self, step: str, done: int, total: int | None, advanced: int, usd: float) -> str:
        """What it will have cost at the end of this step, or of the last round like this one."""
        here = usd - self._usd_at_start
        if total is None or advanced <= 0 or here <= 0 or done >= total:
            return ""
        each = here / advanced
        rounds = re.search(r"(\d+) of (\d+)$", step)
        further = int(rounds[2]) - int(rounds[1]) if rounds else 0
        whole = usd + each * (total - done + further * total)
        return f" (about ${whole:.2f} " + ("in all)" if rounds else "after this step)")


def clock_text(seconds: float) -> str:
    """Seconds in words: "42 s", "3 min 05 s", "2 h 10 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
