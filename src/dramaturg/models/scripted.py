"""Models that read from a script: for tests, demos and documentation. They prove plumbing only."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from dramaturg.errors import BackendError, UserError
from dramaturg.models.base import Call, Judgement, Label, Reply
from dramaturg.records import Cost

Script: TypeAlias = str | Callable[[Call], str] | Exception


class ScriptedModel:
    """Answers from a script, keeps what it was sent, and complains about what does not fit.

    Args:
        replies: Used in the order of the calls; each a text, a function of the call, or an
            exception to raise.
        by_task: Instead of or beside `replies`: for each task name a reply used for every such
            call (a function sees the call, so it can vary by seed).
        finish: What every reply's `finish` says.

    Attributes:
        calls: What it was sent, in order.
    """

    def __init__(
        self,
        *replies: Script,
        by_task: Mapping[str, Script] | None = None,
        ref: str = "scripted:inline",
        finish: str = "stop",
    ) -> None:
        self.ref = ref
        self.finish = finish
        self.calls: list[Call] = []
        self._replies = list(replies)
        self._by_task = dict(by_task or {})

    def native(self, task: str) -> bool:
        return False

    def follows_prompts(self) -> bool:
        return True

    async def answer(self, call: Call) -> Reply:
        """The next reply. Raises BackendError when the script has none left for this call."""
        self.calls.append(call)
        if call.task in self._by_task:
            script = self._by_task[call.task]
        elif self._replies:
            script = self._replies.pop(0)
        else:
            raise BackendError(
                f"the script of {self.ref} has no reply left for {call.task!r}",
                why=f"this is call {len(self.calls)}",
                fix="add a reply to the script",
                kind="script",
            )
        if isinstance(script, Exception):
            raise script
        text = script(call) if callable(script) else script
        words = sum(len(m.content.split()) for m in call.messages)
        cost = Cost(calls=1, tokens_in=words, tokens_out=len(text.split()))
        return Reply(text=text, model=self.ref, finish=self.finish, cost=cost)

    def prompt(self, index: int) -> str:
        """All that call `index` sent, as one text."""
        return "\n\n".join(m.content for m in self.calls[index].messages)

    def assert_used_up(self) -> None:
        """Raises AssertionError if some scripted reply was never asked for."""
        assert not self._replies, f"{len(self._replies)} scripted replies were never asked for"


def scripted_from_file(path: Path) -> ScriptedModel:
    """The model that a script file describes: a JSON object {task name: reply or [replies]}.

    A list is used in order of the call's seed (`seed % len`), so that a resumed run gets the same
    replies.

    Raises:
        UserError: If the file is missing or is no such object.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(table, dict):
            raise ValueError("the top level is not an object")
    except (OSError, ValueError) as error:
        raise UserError(
            f"cannot read the script {path}",
            why=str(error),
            fix='write a JSON object such as {"conversation.write": ["User 1: Hi.\\nUser 2: ..."]}',
        ) from error

    def pick(replies: list[str]) -> Callable[[Call], str]:
        return lambda call: replies[call.seed % len(replies)]

    by_task: dict[str, Script] = {
        task: pick([str(r) for r in reply]) if isinstance(reply, list) else str(reply)
        for task, reply in table.items()
    }
    return ScriptedModel(by_task=by_task, ref=f"scripted:{path.name}")


class ScriptedNLI:
    """Judges by a table of (premise, hypothesis) -> label; every other pair is neutral."""

    def __init__(
        self, table: Mapping[tuple[str, str], Label], *, ref: str = "scripted:nli"
    ) -> None:
        self.ref = ref
        self.pairs: list[tuple[str, str]] = []
        self._table = dict(table)

    async def judge(self, pairs: Sequence[tuple[str, str]], *, seed: int = 0) -> list[Judgement]:
        """One judgement a pair, certain."""
        self.pairs.extend(pairs)
        found = []
        for pair in pairs:
            label: Label = self._table.get(pair, "neutral")
            chances = {"p_entail": 0.0, "p_contradict": 0.0, "p_neutral": 0.0, f"p_{label}": 1.0}
            found.append(Judgement(label=label, **chances, why="the script says so"))
        return found
