"""A whole run whose writer is the measuring stub: a real server in its own process, with faults.

Its conversations are random words between Alex and Sam: this proves plumbing, not quality.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from tests.models.test_shared_stub import admin, pytestmark, url

__all__ = ["pytestmark", "url"]


async def test_every_pair_is_kept_or_accounted_for_under_faults(url: str, tmp_path: Path) -> None:
    faults = {"p429": 0.05, "p500": 0.03, "ptrunc": 0.05, "pmalformed": 0.02}
    await admin(url, "reset", base_ms=10, slots=16, retry_after=0.1, reply_tokens=120, **faults)
    people = [
        {"user_1": [f"I own {n} boats.", "I like tea."], "user_2": ["I drive a bus.", f"I am {n}."]}
        for n in range(20, 40)
    ]
    file = tmp_path / "pairs.jsonl"
    file.write_text("\n".join(map(json.dumps, people)), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dramaturg", "run", "synthetic-persona-chat", "--json"),
        *("--personas", str(file), "--out", str(tmp_path / "out"), "-n", "20", "--rounds", "2"),
        *("--drafts", "2", "--model", f"writer=openai:stub@{url}"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, errors = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, errors.decode()
    rounds = json.loads(told)["report"]["rounds"]
    assert [row["pairs"] for row in rounds] == [20, 20]
    for row in rounds:
        assert row["kept"] + row["failed"] == 20
        assert row["kept"] >= 15
    stats = await admin(url, "stats")
    assert stats["faults"], "the server did fail some calls"
