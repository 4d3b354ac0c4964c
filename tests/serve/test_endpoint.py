"""What clients meet besides replies: bad bodies, a full house, the end of the server."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable

import aiohttp
import numpy as np
import pytest

from dramaturg.errors import UserError
from dramaturg.models.embedded.continuation import Token
from dramaturg.models.embedded.writer import loaded
from dramaturg.models.embedded_model import EmbeddedModel
from dramaturg.models.openai_compatible import OpenAICompatible
from dramaturg.serve import app, serve_until_stopped
from dramaturg.serve.outlet import Outlet
from tests.serve.served import TWO, served

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with served() as address:
        yield address


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "words"),
    [
        ("/completions", b"{oops", JSON, 400, "no JSON"),
        ("/completions", b"", JSON, 400, "no JSON"),
        ("/completions", b"[]", JSON, 400, "must be a JSON object"),
        ("/completions", b"\xff\xfe{}", JSON, 400, "no JSON"),
        ("/completions", b"{}", JSON, 400, "'model'"),
        ("/completions", b"{}", {"Content-Type": "text/plain"}, 415, "application/json"),
        ("/completions", b" " * (app.MOST_BYTES + 1), JSON, 413, "larger than 8 MB"),
        ("/responses", b"{}", JSON, 404, "Not Found: POST /v1/responses"),
    ],
)
async def test_a_body_that_cannot_be_read_is_told_in_openai_s_form(
    url: str, http: aiohttp.ClientSession, path: str, body: bytes, headers: dict[str, str],
    status: int, words: str,
) -> None:  # fmt: skip
    async with http.post(url + path, data=body, headers=headers) as answer:
        told = await answer.json()
        assert answer.status == status
        assert words in told["error"]["message"]
        assert set(told["error"]) == {"message", "type", "param", "code"}


async def test_the_wrong_method_is_told_in_openai_s_form(
    url: str, http: aiohttp.ClientSession
) -> None:
    async with http.get(url + "/completions") as answer:
        assert answer.status == 405
        assert (await answer.json())["error"]["type"] == "invalid_request_error"


async def test_a_full_house_says_when_to_come_again(
    url: str, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "MOST_WAITING", 1)
    body = {"model": "embedded", "prompt": "a", "n": 2}
    async with http.post(url + "/completions", json=body) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")


async def test_requests_at_the_same_time_share_the_engine_and_get_their_own_replies(
    url: str, http: aiohttp.ClientSession
) -> None:
    async def one(seed: int) -> str:
        body = {"model": "embedded", "prompt": "I like", "max_tokens": 6, "seed": seed}
        async with http.post(url + "/completions", json=body) as answer:
            return str((await answer.json())["choices"][0]["text"])

    alone = [await one(seed) for seed in range(3)]
    assert await asyncio.gather(*map(one, range(3))) == alone


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_goes_away_ends_its_work(
    url: str, http: aiohttp.ClientSession, stream: bool
) -> None:
    engine, _ = loaded()
    long = {"role": "user", "content": TWO.replace("Turns: 2", "Turns: 40")}
    body = {"model": "embedded", "messages": [long], "n": 16, "stream": stream, "seed": 1}

    async def ask() -> None:
        async with http.post(url + "/chat/completions", json=body) as answer:
            await answer.read()

    asking = asyncio.create_task(ask())
    await until(lambda: any(engine._slots))
    assert not asking.done()
    asking.cancel()
    await until(lambda: not any(engine._slots) and not engine._queue)


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(8):
        while not so():  # noqa: ASYNC110  (the engine tells nobody)
            await asyncio.sleep(0.02)


async def test_our_own_client_scores_and_embeds_as_the_model_itself(url: str) -> None:
    client, own = OpenAICompatible("embedded", url, timeout_s=60), EmbeddedModel()
    try:
        told = await client.score("I keep two", " dogs at home.")
        expected = await own.score("I keep two", " dogs at home.")
        assert told.tokens == expected.tokens
        np.testing.assert_allclose(told.logprobs, expected.logprobs, atol=1e-4)
        texts = ["I sail.", "I bake."]
        np.testing.assert_allclose(await client.embed(texts), await own.embed(texts), atol=1e-6)
    finally:
        await client.aclose()


async def test_a_port_in_use_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port {port}"):
            await serve_until_stopped("127.0.0.1", port, print)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_the_command_answers_and_ctrl_c_ends_it_cleanly_in_the_middle_of_a_reply() -> None:
    import urllib.request

    process = subprocess.Popen(
        [sys.executable, "-m", "dramaturg", "serve", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+/v1", process.stdout.readline())
        assert found
        body = b'{"model":"embedded","prompt":"I","max_tokens":900,"n":16,"stream":true}'
        asked = urllib.request.Request(found[0] + "/completions", body, JSON)
        with urllib.request.urlopen(asked, timeout=30) as reply:
            assert reply.readline().startswith(b"data: {")
            start = time.perf_counter()
            process.send_signal(signal.SIGINT)
            assert process.wait(15) == 0
        assert time.perf_counter() - start < 10
        assert process.stderr is not None
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()


def test_a_stop_string_is_found_across_tokens_and_its_beginning_is_held_back() -> None:
    heard: list[str] = []
    outlet = Outlet(["END", "xy"], lambda tokens: heard.extend(t.text for t in tokens))
    assert [outlet.say(Token(t)) for t in ["a", "E", "N", "b", "cE", "ND", "z"]][:6] == [
        False, False, False, False, False, True,
    ]  # fmt: skip
    assert "".join(heard[:5]) == "aENbc"
    heard.clear()
    outlet = Outlet(["END"], lambda tokens: heard.extend(t.text for t in tokens))
    outlet.say(Token("aE"))
    assert heard == []
    outlet.end()
    assert heard == ["aE"]
