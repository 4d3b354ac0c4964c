"""The page on serving cannot rot: its Python runs as it stands, against a server."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

import pytest

from tests.serve.served import served

PAGE = Path(__file__).parents[2] / "docs" / "serve.md"


async def test_the_python_of_the_page_runs_as_it_stands() -> None:
    pytest.importorskip("openai", reason="the openai client is not installed (extra test)")
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    async with served() as url:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code.replace("http://127.0.0.1:8650/v1", url),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode()
    lines = out.decode().splitlines()
    assert lines[0].startswith("User 1: ")
    assert lines[1].startswith("User 2: ")
    assert -100 < float(lines[-2]) < 0
    assert lines[-1] == "2"
