"""A Hugging Face hub on loopback: repositories in memory, one token, faults on demand.

Speaks what publishing needs: whoami, create, tree, preupload, LFS batch and upload, commit,
validate-yaml. Parquet files go by LFS, the rest inline, as on the real one.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

TOKEN = "hf_test_token"


class FakeHub:
    """What the server holds and what it saw.

    Attributes:
        repos: Repository -> {path: content}.
        private: Repository -> whether it was made private.
        commits: (repository, summary, paths added, paths deleted), in order.
        uploaded: Sizes of the LFS objects that were sent.
        fail: Path prefix of a request -> status to answer once with.
    """

    def __init__(self) -> None:
        self.repos: dict[str, dict[str, bytes]] = {}
        self.private: dict[str, bool] = {}
        self.commits: list[tuple[str, str, list[str], list[str]]] = []
        self.uploaded: list[int] = []
        self.objects: dict[str, bytes] = {}
        self.lfs: set[str] = set()
        self.fail: dict[str, int] = {}
        self.url = ""
        self.tokens: set[str] = set()

    @contextmanager
    def serving(self) -> Iterator[FakeHub]:
        """Serve from a thread until the block ends."""
        loop = asyncio.new_event_loop()
        ready = threading.Event()
        stop = asyncio.Event()

        async def main() -> None:
            app = web.Application(client_max_size=1 << 30, middlewares=[self._gate])
            app.router.add_route("*", "/{path:.*}", self._answer)
            runner = web.AppRunner(app)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            assert site._server is not None
            port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
            self.url = f"http://127.0.0.1:{port}"
            ready.set()
            await stop.wait()
            await runner.cleanup()

        thread = threading.Thread(target=loop.run_until_complete, args=(main(),), daemon=True)
        thread.start()
        assert ready.wait(10)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)
            loop.close()

    @web.middleware
    async def _gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        for prefix, status in list(self.fail.items()):
            if prefix in request.path:
                del self.fail[prefix]
                return _error(status, "broken on purpose")
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        self.tokens.add(token)
        if token != TOKEN and not request.path.startswith("/lfs/"):
            return _error(401, "Invalid credentials in Authorization header")
        response: web.StreamResponse = await handler(request)
        return response

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        if path == "/api/whoami-v2":
            return web.json_response({"name": "ann", "type": "user", "orgs": []})
        if path == "/api/validate-yaml":
            content = (await request.json())["content"]
            broken = "license: \n" in content
            errors = [{"message": "license is empty"}] if broken else []
            return web.json_response(
                {"errors": errors, "warnings": []}, status=400 if broken else 200
            )
        if path == "/api/repos/create":
            return self._create(await request.json())
        if path.startswith("/lfs/"):
            return await self._lfs_put(request, path.removeprefix("/lfs/"))
        if path.endswith("/info/lfs/objects/batch"):
            return self._batch(await request.json())
        parts = path.removeprefix("/api/datasets/").split("/")
        repo, what = "/".join(parts[:2]), parts[2] if len(parts) > 2 else ""
        if repo not in self.repos:
            return _error(404, "Repository not found")
        if what == "tree":
            return web.json_response([self._entry(p, c) for p, c in self.repos[repo].items()])
        if what == "preupload":
            return self._preupload(repo, await request.json())
        if what == "commit":
            return self._commit(repo, await request.text())
        return web.json_response({"id": repo, "sha": "0" * 40, "siblings": []})

    def _create(self, asked: dict[str, Any]) -> web.Response:
        if asked.get("organization") not in (None, "ann"):
            return _error(403, "You don't have the rights to create a dataset under this namespace")
        repo = f"ann/{asked['name']}"
        if repo in self.repos:
            return web.json_response({"url": f"{self.url}/datasets/{repo}"}, status=409)
        self.repos[repo] = {".gitattributes": b"*.parquet filter=lfs"}
        self.private[repo] = asked.get("visibility") == "private" or bool(asked.get("private"))
        return web.json_response({"url": f"{self.url}/datasets/{repo}", "name": repo})

    def _preupload(self, repo: str, asked: dict[str, Any]) -> web.Response:
        files = []
        for file in asked["files"]:
            mode = "lfs" if file["path"].endswith(".parquet") else "regular"
            there = self.repos[repo].get(file["path"])
            oid = None if there is None else _oid(there, mode == "lfs")
            files.append(
                {"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid}
            )
        return web.json_response({"files": files})

    def _batch(self, asked: dict[str, Any]) -> web.Response:
        objects = []
        for one in asked["objects"]:
            known = one["oid"] in self.objects
            upload = {"upload": {"href": f"{self.url}/lfs/{one['oid']}", "header": {}}}
            objects.append({**one, **({} if known else {"actions": upload})})
        return web.json_response({"transfer": "basic", "objects": objects})

    async def _lfs_put(self, request: web.Request, oid: str) -> web.Response:
        content = await request.read()
        if hashlib.sha256(content).hexdigest() != oid:
            return _error(400, "the content has another hash")
        self.objects[oid] = content
        self.uploaded.append(len(content))
        return web.Response()

    def _commit(self, repo: str, body: str) -> web.Response:
        added, deleted, summary = [], [], ""
        for line in filter(None, body.split("\n")):
            step = json.loads(line)
            value = step["value"]
            if step["key"] == "header":
                summary = value["summary"]
            elif step["key"] == "file":
                self.repos[repo][value["path"]] = base64.b64decode(value["content"])
                added.append(value["path"])
            elif step["key"] == "lfsFile":
                self.repos[repo][value["path"]] = self.objects[value["oid"]]
                added.append(value["path"])
            elif step["key"] == "deletedFile":
                del self.repos[repo][value["path"]]
                deleted.append(value["path"])
        self.commits.append((repo, summary, added, deleted))
        url = f"{self.url}/datasets/{repo}/commit/{'1' * 40}"
        return web.json_response({"commitUrl": url, "commitOid": "1" * 40, "success": True})

    def _entry(self, path: str, content: bytes) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "type": "file", "path": path, "size": len(content), "oid": _oid(content, False),
        }  # fmt: skip
        if path.endswith(".parquet"):
            entry["lfs"] = {"oid": _oid(content, True), "size": len(content), "pointerSize": 130}
        return entry


def _oid(content: bytes, lfs: bool) -> str:
    if lfs:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _error(status: int, message: str) -> web.Response:
    return web.json_response(
        {"error": message}, status=status, headers={"X-Error-Message": message}
    )
