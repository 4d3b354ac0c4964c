"""Publishing sends the right files once, says what it does, and fails in one sentence."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dramaturg.dataset import export, rework, write_card
from dramaturg.dataset.publish import hub_licences, plan_upload, publish
from dramaturg.errors import BackendError, UserError
from dramaturg.records import Conversation, Speaker, Turn
from dramaturg.store import RunFolder
from tests.dataset.fake_hub import TOKEN, FakeHub
from tests.dataset.test_made_tables import ROWS, written

hub_library = pytest.importorskip("huggingface_hub")


@pytest.fixture(scope="module")
def server() -> Iterator[FakeHub]:
    with FakeHub().serving() as hub:
        yield hub


@pytest.fixture
def hub(server: FakeHub, monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    for held in (server.repos, server.objects, server.private, server.fail):
        held.clear()
    server.commits.clear()
    server.uploaded.clear()
    server.tokens.clear()
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    # Read once, at import: another test may have been first, with the library told to be offline.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub._commit_api.is_xet_available", lambda: False)
    return server


def a_run(path: Path, n: int = 4, **facts: object) -> Path:
    talks = [
        Conversation(
            scene_id=f"s{k}",
            speakers=(Speaker(name="A", persona_id=f"p{k}", persona=("I ski.",)),),
            turns=(Turn(speaker=0, text=f"Hi {k}"),),
            split="train" if k % 2 else "test",
        )
        for k in range(n)
    ]
    with RunFolder.open(path, {"recipe": "r"}, "1") as folder:
        export(folder, talks)
        write_card(folder, {"license": "cc-by-4.0", **facts})
        folder.finish()
    return path


def test_the_plan_names_what_goes_what_stays_and_what_to_think_of(tmp_path: Path) -> None:
    run = a_run(tmp_path / "r", models={"writer": "openai:x@http://10.0.0.5:8000/v1"})
    (run / "evaluation").mkdir()
    (run / "evaluation" / "report.json").write_text("{}")
    upload = plan_upload("hf:ann/my-set", run)
    assert [item.path for item in upload.items] == [
        "data/test-00000-of-00001.parquet",
        "data/train-00000-of-00001.parquet",
        "evaluation/report.json",
        "croissant.json",
        "README.md",
    ]
    assert set(upload.stays) == {"journal.sqlite", "run.json"}
    assert upload.notes == ["the card and the data name your endpoint: http://10.0.0.5:8000/v1"]
    assert upload.license == "cc-by-4.0"


def test_files_arrive_whole_by_lfs_and_inline_and_the_card_speaks_of_its_new_home(
    tmp_path: Path, hub: FakeHub
) -> None:
    run = a_run(tmp_path / "r", license=None)
    before = (run / "README.md").read_bytes()
    said: list[str] = []
    upload = plan_upload("hf:ann/my-set", run, "cc-by-sa-4.0")
    sent = publish(upload, private=True, endpoint=hub.url, say=said.append)
    there = hub.repos["ann/my-set"]
    for file in (run / "data").iterdir():
        assert there[f"data/{file.name}"] == file.read_bytes()
    assert len(hub.uploaded) == 2
    assert (sent.files, sent.already, sent.url) == (4, 0, f"{hub.url}/datasets/ann/my-set")
    card = hub_library.DatasetCard(there["README.md"].decode())
    assert card.data.license == "cc-by-sa-4.0"
    assert 'load_dataset("ann/my-set")' in card.text
    assert "until you state one" not in card.text
    croissant = json.loads(there["croissant.json"])
    assert croissant["license"] == "cc-by-sa-4.0"
    assert croissant["url"].endswith("/datasets/ann/my-set")
    assert hub.private["ann/my-set"]
    assert said[0] == "as ann"
    assert (run / "README.md").read_bytes() == before, "the folder itself was changed"


def test_again_sends_nothing_and_after_a_break_only_what_is_missing(
    tmp_path: Path, hub: FakeHub
) -> None:
    run = a_run(tmp_path / "r")
    upload = plan_upload("hf:ann/my-set", run)
    hub.fail["/commit/"] = 400
    with pytest.raises(UserError):
        publish(upload, endpoint=hub.url)
    assert len(hub.uploaded) == 2, "the large files were taken before the commit broke"
    sent = publish(upload, endpoint=hub.url)
    assert (sent.files, len(hub.uploaded), len(hub.commits)) == (4, 2, 1)
    again = publish(upload, endpoint=hub.url)
    assert (again.files, again.already, len(hub.commits)) == (0, 4, 1)


def test_files_of_an_earlier_version_go_and_strangers_stay(tmp_path: Path, hub: FakeHub) -> None:
    run = a_run(tmp_path / "r", 9)
    rework.shard(run, tmp_path / "two", shards=2)
    publish(plan_upload("hf:ann/s", tmp_path / "two"), endpoint=hub.url)
    hub.repos["ann/s"]["data/my-own.parquet"] = b"x"
    sent = publish(plan_upload("hf:ann/s", run), endpoint=hub.url)
    assert sent.deleted == [
        f"data/{split}-0000{k}-of-00002.parquet" for split in ("test", "train") for k in (0, 1)
    ] + ["personas/personas-00000-of-00001.parquet"]
    assert {p for p in hub.repos["ann/s"] if p.startswith("data/")} == {
        "data/my-own.parquet",
        "data/test-00000-of-00001.parquet",
        "data/train-00000-of-00001.parquet",
    }
    assert hub.commits[-1][2][-1] == "README.md", "the card comes last"


@pytest.mark.parametrize(
    ("target", "what"),
    [
        ("ann/set", "no place to publish to"),
        ("hf:set", "not a name on the hub"),
        ("hf:ann/my set", "not a name on the hub"),
        ("hf:ann/sub/set", "not a name on the hub"),
        ("hf:/", "not a name on the hub"),
        ("hf:ann/.hidden", "not a name on the hub"),
        ("s3:ann/set", "no place to publish to"),
    ],
)
def test_a_wrong_name_is_told_before_anything_is_sent(
    tmp_path: Path, target: str, what: str
) -> None:
    with pytest.raises(UserError, match=what):
        plan_upload(target, a_run(tmp_path / "r"))


def test_without_data_card_or_licence_nothing_goes(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no folder"):
        plan_upload("hf:a/b", tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no data to publish"):
        plan_upload("hf:a/b", tmp_path / "empty")
    (tmp_path / "file.jsonl").write_text("{}")
    with pytest.raises(UserError, match="is a file"):
        plan_upload("hf:a/b", tmp_path / "file.jsonl")
    bare = a_run(tmp_path / "bare", license=None)
    with pytest.raises(UserError, match="states no licence"):
        plan_upload("hf:a/b", bare)
    with pytest.raises(UserError, match="knows no licence 'CC-BY-4'") as caught:
        plan_upload("hf:a/b", bare, "CC-BY-4")
    assert "did you mean cc-by-4.0?" in caught.value.fix
    (bare / "README.md").unlink()
    with pytest.raises(UserError, match="no dataset card"):
        plan_upload("hf:a/b", bare, "mit")
    assert {"cc0-1.0", "mit", "other"} <= set(hub_licences())


def test_a_missing_or_wrong_token_is_one_sentence_and_is_never_printed(
    tmp_path: Path, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = plan_upload("hf:ann/s", a_run(tmp_path / "r"))
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(UserError, match="there is no token"):
        publish(upload, endpoint=hub.url)
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(UserError, match="does not take the token in HF_TOKEN") as caught:
        publish(upload, endpoint=hub.url)
    assert "hf_wrong" not in str(caught.value)
    assert hub.repos == {}


def test_a_name_of_somebody_else_and_a_hub_that_is_not_there(tmp_path: Path, hub: FakeHub) -> None:
    run = a_run(tmp_path / "r")
    with pytest.raises(UserError, match="may not write to bob/s") as caught:
        publish(plan_upload("hf:bob/s", run), endpoint=hub.url)
    assert "rights to create" in caught.value.why
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(BackendError, match="does not answer") as gone:
        publish(plan_upload("hf:ann/s", run), endpoint=dead)
    assert gone.value.retryable


def test_the_command_shows_its_plan_sends_and_keeps_the_token_to_itself(
    tmp_path: Path, hub: FakeHub
) -> None:
    run = a_run(tmp_path / "r")
    env = {**os.environ, "HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1",
           "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "0"}  # fmt: skip
    command = [sys.executable, "-m", "dramaturg", "publish", "hf:ann/cli", str(run)]

    def ran(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *more], env=env, capture_output=True, text=True, timeout=60, check=False
        )

    dry = ran("--dry-run")
    assert dry.returncode == 0
    assert "data/train-00000-of-00001.parquet" in dry.stdout
    assert "stays here: journal.sqlite" in dry.stdout
    assert hub.repos == {}
    real = ran()
    assert real.returncode == 0, real.stderr
    assert "4 files sent" in real.stdout
    assert TOKEN not in real.stdout + real.stderr
    written = [p for p in tmp_path.rglob("*") if p.is_file() and TOKEN.encode() in p.read_bytes()]
    assert written == []
    assert hub.tokens <= {TOKEN, ""}


def test_a_library_that_was_told_to_stay_offline_is_told_of_in_words(
    tmp_path: Path, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    upload = plan_upload("hf:ann/my-set", a_run(tmp_path / "r", license=None), "cc-by-sa-4.0")
    with pytest.raises(UserError, match="stay offline") as told:
        publish(upload, private=True, endpoint=hub.url, say=lambda _: None)
    assert "HF_HUB_OFFLINE" in told.value.fix
    assert not hub.commits


def test_a_run_of_tables_alone_can_be_published_with_its_tables(tmp_path: Path) -> None:
    made = written(tmp_path / "run", [], ROWS)
    paths = [item.path for item in plan_upload("hf:me/texts", made, "cc-by-4.0").items]
    assert "texts/texts-00000-of-00001.parquet" in paths
    assert "personas/personas-00000-of-00001.parquet" in paths
