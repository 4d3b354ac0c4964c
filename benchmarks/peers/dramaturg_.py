"""Dramaturg's engine doing the harness's work; run by `benchmarks/peers.py`, not by hand.

The same parts as a recipe uses: a run folder with its journal, models behind budget, gate and
journal, tasks with validation and one re-ask, and the flow that keeps the endpoint full. What is
not there is what a recipe adds around it (people, critics, parquet, report).
"""

from __future__ import annotations

import common  # type: ignore[import-not-found]  # the harness's own: its clock starts here

a = common.args()

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from dramaturg import errors, loop, prompts, store
from dramaturg.models import ask
from dramaturg.models.budget import Budget, Budgeted
from dramaturg.models.gate import Gate, Gated
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.models.recorded import Recorded

clock = common.Clock()
work = common.workload


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One prompt, as it is sent."""

    text: str


def text_task(name: str, parse: Any) -> prompts.Task[Row, Any]:
    """A task whose prompt is the row's text and nothing else."""
    words = prompts.parse_prompt(f"---\nname: {name}\nversion: 1\n---\n## user\n{{{{text}}}}\n")
    return prompts.Task(
        name=name,
        prompt=words,
        fill=lambda row: {"text": row.text},
        parse=parse,
        sampling=prompts.Sampling(temperature=0.7, top_k=None, max_tokens=1_200),
    )


def read_talk(reply: str, _: Row) -> str:
    """A conversation has lines that begin with a name."""
    if ":" not in reply:
        raise errors.ReplyError("there is no turn in it", kind="no turns")
    return reply


def read_score(reply: str, _: Row) -> int:
    """Strict JSON with a whole number from 1 to 10, as the harness reads it."""
    score = common.parse_score(reply)
    if score is None or not 1 <= score <= 10:
        raise errors.ReplyError("it is not the JSON that was asked for", kind="malformed JSON")
    return int(score)


async def main() -> None:
    """Write and judge every row; rows that are lost are counted, with their reason."""
    write, judge = text_task("conversation.write", read_talk), text_task("judge", read_score)
    lost: list[str] = []
    with store.RunFolder.open(a.work, {"recipe": "peers", "n": a.n}, "1") as folder:
        gate, budget = Gate(), Budget()
        model = OpenAICompatible("stub", a.url, "x", timeout_s=60, max_in_flight=a.conc)
        writer, critic = (
            Recorded(Gated(Budgeted(model, budget), gate), role, folder.journal)
            for role in ("writer", "critic")
        )
        clock.mark("work")

        async def one(row: dict[str, Any]) -> dict[str, Any] | None:
            try:
                return await write_and_judge(row)
            except (errors.ReplyError, errors.BackendError) as error:
                lost.append(str(error)[:120])
                return None

        async def write_and_judge(row: dict[str, Any]) -> dict[str, Any]:
            number = row["row"]
            talk = await ask(writer, write, Row(text=row["prompt"]), seed=number)
            asked = Row(text=work.judge_prompt(number, talk.value))
            found = await ask(critic, judge, asked, seed=number)
            return {"row": number, "conv": talk.value, "score": found.value}

        def rows() -> Iterator[dict[str, Any]]:
            for number, pair in enumerate(work.pairs(a.n)):
                yield {"row": number, "prompt": work.gen_prompt(number, pair)}

        with open(a.out, "w") as out:  # noqa: ASYNC230  (a local file, as every adapter writes it)
            async for _, made in loop.flow(rows(), one, at_once=2 * a.conc):
                if made is not None:
                    out.write(json.dumps(made) + "\n")
        folder.journal.flush()
        await model.aclose()
        folder.finish()
    clock.mark("done")
    figures = {**clock.t, "errors": len(lost), "first_errors": lost[:2]}
    print(
        "RESULT "
        + json.dumps(
            {
                **figures,
                "retries": model.endpoint.retries,
                "longest_wait": model.endpoint.longest_wait,
            }
        ),
        flush=True,
    )


asyncio.run(main())
