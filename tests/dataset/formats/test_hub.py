"""Data sets of the Hugging Face hub, by name and from the disk, with the library `datasets`."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dramaturg.dataset import convert, load_conversations
from dramaturg.dataset.formats import name_of
from dramaturg.errors import UserError
from tests.dataset.formats.examples import said

CHAT = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]}
SPC = {
    "user 1 personas": "I bake.",
    "user 2 personas": "I ski.",
    "Best Generated Conversation": "User 1: Hi\nUser 2: Ho",
}
FILES = {
    "README.md": (
        b"---\nconfigs:\n- config_name: default\n  data_files:\n"
        b"  - split: train\n    path: train.jsonl\n  - split: test\n    path: test.jsonl\n---\n"
    ),
    "train.jsonl": json.dumps(SPC).encode() + b"\n",
    "test.jsonl": (json.dumps(SPC) + "\n").encode() * 2,
}
COMMIT = "a" * 40


class Hub(http.server.BaseHTTPRequestHandler):
    """As much of the hub as `datasets` asks for when it reads org/talks."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers.get("content-length", 0)))
        names = json.loads(asked).get("paths", []) if asked[:1] == b"{" else []
        self._json([_entry(name) for name in FILES if name in names])

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        name = path.rpartition("/")[2]
        if "/org/talks/" not in f"{path}/":
            self._send(404, b"", {"x-error-code": "RepoNotFound"})
        elif "/resolve/" in path and name in FILES:
            self._send(200, FILES[name], {"etag": f'"{name}"', "x-repo-commit": COMMIT})
        elif "/resolve/" in path:
            self._send(404, b"", {"x-error-code": "EntryNotFound", "x-repo-commit": COMMIT})
        elif "/tree/" in path:
            self._json([_entry(name) for name in FILES])
        else:
            files = [{"rfilename": name} for name in FILES]
            told: dict[str, Any] = {
                "private": False,
                "gated": False,
                "disabled": False,
                "downloads": 0,
            }
            told |= {"likes": 0, "tags": []}
            self._json({"id": "org/talks", "sha": COMMIT, "siblings": files, **told})

    def _json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode(), {"content-type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *told: Any) -> None:
        pass


def _entry(name: str) -> dict[str, Any]:
    return {"type": "file", "path": name, "size": len(FILES[name]), "oid": "b" * 40}


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def ask(endpoint: str, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own: the hub's address is read when it is imported."""
    env = {**os.environ, "HF_ENDPOINT": endpoint, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
    env |= {"HF_HUB_DISABLE_TELEMETRY": "1"}
    return subprocess.run(
        [sys.executable, "-m", "dramaturg", *words],
        capture_output=True, text=True, timeout=120, check=False, env=env, cwd=home,
    )  # fmt: skip


def test_a_data_set_of_the_hub_is_read_by_name_with_its_splits(hub: str, tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    out = tmp_path / "a.jsonl"
    done = ask(hub, tmp_path, "convert", "hf:org/talks", str(out))
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"3 conversations, datasets to jsonl: {out}\n"
    made = list(load_conversations(out))
    assert [c.split for c in made] == ["train", "test", "test"]
    assert said(made[0]) == [(0, "Hi"), (1, "Ho")]
    assert made[0].speakers[1].persona == ("I ski.",)
    done = ask(hub, tmp_path, "convert", "hf:org/talks#test", str(out), "--force", "--json")
    assert json.loads(done.stdout)["written"] == 2


def test_a_name_that_the_hub_does_not_know_gets_one_clear_sentence(
    hub: str, tmp_path: Path
) -> None:
    pytest.importorskip("datasets")
    done = ask(hub, tmp_path, "convert", "hf:org/tlaks", str(tmp_path / "a.jsonl"))
    assert done.returncode == 2
    assert done.stderr.startswith("error: the hub does not give org/tlaks\n  why: ")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "a.jsonl").exists()


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(UserError, match="needs the library datasets") as told:
        list(load_conversations("hf:org/talks"))
    assert told.value.fix == "pip install 'dramaturg[hub]'"
    with pytest.raises(UserError, match="names no data set"):
        list(load_conversations("hf:"))


def test_a_folder_of_save_to_disk_is_read_with_its_splits(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    rows = datasets.Dataset.from_list([CHAT])
    datasets.DatasetDict({"train": rows, "validation": rows}).save_to_disk(str(tmp_path / "d"))
    rows.save_to_disk(str(tmp_path / "one"))
    assert name_of(tmp_path / "d") == name_of(tmp_path / "one") == "datasets"
    assert [c.split for c in load_conversations(tmp_path / "d")] == ["train", "validation"]
    (made,) = load_conversations(tmp_path / "one")
    assert said(made) == [(0, "Hi"), (1, "Ho")]


@pytest.mark.parametrize("name", ["messages", "openai", "sharegpt", "trl-sft", "alpaca", "chatml"])
def test_what_we_write_is_loaded_by_datasets_with_one_type_a_column(
    tmp_path: Path, name: str
) -> None:
    datasets = pytest.importorskip("datasets")
    row = {"user_1": ["I bake."], "user_2": [], "turns": [["User 1", "Hi"], ["User 2", "Ho"]]}
    scored = {
        "scene_id": "s",
        "scene": {"topic": [1, {"deep": None}]},
        "speakers": [{"name": "Ann"}, {"name": "Bo", "persona": ["I ski."]}],
        "turns": [{"speaker": 1, "text": "Hi"}, {"speaker": 0, "text": "Ho", "act": "greet"}],
        "scores": {"coherence": 0.5},
    }
    source = tmp_path / "a.jsonl"
    source.write_text("\n".join(map(json.dumps, [row, scored, row, {**scored, "scene": {}}])))
    convert(source, tmp_path / "b.jsonl", to_format=name)
    loaded = datasets.load_dataset(
        "json", data_files=str(tmp_path / "b.jsonl"), cache_dir=str(tmp_path / "cache")
    )
    assert loaded["train"].num_rows == 4
