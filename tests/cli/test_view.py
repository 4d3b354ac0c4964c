"""`dramaturg view` as a person types it."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession

from dramaturg.viewer import Guard, Source, look
from tests.viewer.stage import make_run


def start(tmp_path: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dramaturg", "view", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a POSIX signal")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_ctrl_c_and_leaves_one_index(tmp_path: Path, stop: signal.Signals) -> None:
    process = start(tmp_path, str(make_run(tmp_path / "run")), "--port", "0")
    assert process.stdout is not None
    told = process.stdout.readline()
    (address,) = re.findall(r"http://127\.0\.0\.1:\d+/", told)
    with urllib.request.urlopen(address, timeout=10) as answer:
        assert b"2 conversations" in answer.read()
    process.send_signal(stop)
    _, err = process.communicate(timeout=15)
    assert (process.returncode, err) == (0, "")
    assert len(list((tmp_path / "cache" / "dramaturg" / "view").glob("*.sqlite"))) == 1


def test_every_address_that_it_prints_for_the_network_opens(tmp_path: Path) -> None:
    process = start(tmp_path, str(make_run(tmp_path / "run")), "--port", "0", "--host", "0.0.0.0")
    assert process.stdout is not None
    told = [process.stdout.readline()]
    while "Ctrl-C" not in told[-1]:
        told.append(process.stdout.readline())
    addresses = re.findall(r"http://\S+\?token=\S+", "".join(told))
    assert len(addresses) > 1
    for address in addresses:
        place = urlsplit(address)
        connection = http.client.HTTPConnection("127.0.0.1", place.port or 0, timeout=20)
        connection.request("GET", f"/?{place.query}", headers={"Host": place.netloc})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Location"]) == (303, "/"), address
        connection.close()
    process.terminate()
    process.communicate(timeout=15)


async def test_the_same_run_named_twice_has_one_index_and_stands_beside_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, names = make_run(tmp_path / "run"), []
    real, ready = Source.open, asyncio.get_running_loop().create_future()

    def open_(path: str, **_: object) -> Source:
        names.append(path)
        return real(path, cache=tmp_path / "cache")

    monkeypatch.setattr(Source, "open", open_)
    looking = asyncio.create_task(
        look([str(run), f"{tmp_path}/./run"], Guard(), 0, ready.set_result)
    )
    address = await asyncio.wait_for(ready, 20)
    async with ClientSession() as client:
        for path in ("1/conversations", "2/conversations", "compare"):
            assert (await client.get(address + path)).status == 200
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert names == [str(run)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no-such.jsonl"], "there is no file"),
        (["."], "is a folder"),
        (["a", "b", "c"], "3 sources were named"),
        ([], "Missing argument"),
        (["x", "--port", "70000"], "70000 is not in the range"),
    ],
)
def test_a_mistake_is_told_with_exit_code_2(tmp_path: Path, words: list[str], said: str) -> None:
    process = start(tmp_path, *words)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert said in err
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_told_when_it_was_asked_for(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = start(tmp_path, str(run), "--port", port)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert f"cannot serve on 127.0.0.1, port {port}" in err
    assert "--port 0" in err
