"""Who may ask the local server, and what every answer carries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from dramaturg.errors import UserError
from dramaturg.viewer import Guard, make_app, other_addresses
from dramaturg.viewer.guard import own_names
from dramaturg.viewer.pages import page

Client = TestClient[Any, Any]
Open = Callable[[Guard], Awaitable[Client]]


async def _hello(request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def _name(request: web.Request) -> web.Response:
    return page("error.html", what=request.query["name"], why="", fix="")


async def _lost(request: web.Request) -> web.Response:
    raise UserError("there is no conversation <b>", why="it was <i>never</i>", fix="look")


@pytest.fixture
async def serving() -> AsyncIterator[Open]:
    clients: list[Client] = []

    async def start(guard: Guard) -> Client:
        routes = [
            web.get("/", _hello),
            web.post("/", _hello),
            web.get("/name", _name),
            web.get("/lost", _lost),
        ]
        client = TestClient(TestServer(make_app(routes, guard)))
        await client.start_server()
        clients.append(client)
        return client

    yield start
    for client in clients:
        await client.close()


@pytest.mark.parametrize(
    ("host", "header", "answered"),
    [
        ("127.0.0.1", "127.0.0.1:8640", True),
        ("127.0.0.1", "localhost:8640", True),
        ("127.0.0.1", "[::1]:8640", True),
        ("127.0.0.1", "evil.example", False),
        ("127.0.0.1", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "192.168.1.7:8640", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "[::1", False),
        ("0.0.0.0", "192.168.1.7:8640", True),
        ("0.0.0.0", "rebound.example:8640", False),
        ("192.168.1.7", "192.168.1.7:8640", True),
        ("192.168.1.7", "192.168.1.8:8640", False),
    ],
)
def test_only_a_host_header_that_names_this_server_is_answered(
    host: str, header: str, answered: bool
) -> None:
    assert Guard.of(host).knows_host(header) is answered


async def test_a_rebound_name_gets_no_page(serving: Open) -> None:
    client = await serving(Guard())
    answer = await client.get("/", headers={"Host": "evil.example"})
    assert answer.status == 421
    assert "hello" not in await answer.text()


async def test_every_answer_carries_a_policy_without_inline_script_or_style(
    serving: Open,
) -> None:
    client = await serving(Guard())
    for path in ("/", "/nowhere", "/lost", "/static/base.css", "/static/nothing.css"):
        headers = (await client.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


async def test_a_server_that_only_shows_takes_no_write(serving: Open) -> None:
    client = await serving(Guard())
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = await client.request(method, "/")
        assert answer.status == 405
        assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://SELF"}, 200),
        ({"Origin": "http://SELF", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://SELF", "Sec-Fetch-Site": "same-site"}, 403),
        ({}, 403),
    ],
)
async def test_a_write_must_come_from_a_page_of_this_server(
    serving: Open, headers: dict[str, str], status: int
) -> None:
    client = await serving(Guard(writes=True))
    here = f"127.0.0.1:{client.port}"
    sent = {name: value.replace("SELF", here) for name, value in headers.items()}
    assert (await client.post("/", headers=sent)).status == status


def test_this_machine_needs_no_token_and_a_network_does() -> None:
    assert Guard.of("127.0.0.1").token is None
    assert len(Guard.of("0.0.0.0").token or "") >= 20
    assert Guard.of("0.0.0.0").token != Guard.of("0.0.0.0").token
    assert str(Guard.of("0.0.0.0").token) not in repr(Guard.of("0.0.0.0"))


async def test_the_token_opens_the_door_once_and_leaves_the_address(serving: Open) -> None:
    client = await serving(Guard(token="right-token"))
    assert (await client.get("/")).status == 401
    assert (await client.get("/?token=wrong")).status == 401
    assert (await client.get("/?token=%ff")).status == 401
    async with ClientSession() as fresh:
        url = client.make_url("/name?name=Ann&token=right-token")
        first = await fresh.get(url, allow_redirects=False)
        assert (first.status, first.headers["Location"]) == (303, "/name?name=Ann")
        cookie = first.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie  # a link in a mail comes from another site
    jar = cookie.split(";")[0]
    answer = await client.get("/", headers={"Cookie": jar})
    assert await answer.text() == "hello"
    for path, place in (
        ("/name?name=Ann&token=right-token", "/name?name=Ann"),
        ("/?token=old", "/"),
        ("//evil.example/?token=x", "/evil.example/"),
    ):
        address = f"http://127.0.0.1:{client.port}{path}"
        async with ClientSession() as known:
            again = await known.get(address, headers={"Cookie": jar}, allow_redirects=False)
            assert (again.status, again.headers["Location"]) == (303, place)


def test_every_name_that_is_printed_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "Box")
    monkeypatch.setattr("socket.getfqdn", lambda: "box.lan")
    monkeypatch.setattr("dramaturg.viewer.guard._numbers", lambda: ["192.168.1.7"])
    own_names.cache_clear()
    try:
        guard = Guard(host="0.0.0.0", token="t")
        printed = other_addresses("http://127.0.0.1:8640/?token=t")
        names = ("box.lan", "box", "box.local", "192.168.1.7")
        assert printed == [f"http://{name}:8640/?token=t" for name in names]
        assert all(guard.knows_host(urlsplit(address).netloc) for address in printed)
        assert not Guard(host="127.0.0.1").knows_host("box.lan:8640")
        assert other_addresses("http://127.0.0.1:8640/") == []
        assert other_addresses("http://192.168.1.7:8640/?token=t") == []
    finally:
        own_names.cache_clear()


async def test_an_error_page_says_what_why_and_what_to_do_and_escapes_it(serving: Open) -> None:
    client = await serving(Guard())
    answer = await client.get("/lost")
    text = await answer.text()
    assert answer.status == 404
    assert "there is no conversation &lt;b&gt;" in text
    assert "it was &lt;i&gt;never&lt;/i&gt;" in text
    assert "<b>" not in text


async def test_assets_are_those_of_the_package_and_no_other_file(serving: Open) -> None:
    client = await serving(Guard())
    assert (await client.get("/static/base.css")).content_type == "text/css"
    for path in ("/static/..%2fweb.py", "/static/%2e%2e/web.py", "/static/base.css%00", "/web.py"):
        assert (await client.get(path)).status == 404, path
