"""Send a dataset folder to the Hugging Face hub; the same command again sends what is missing."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from dramaturg.dataset.card_sections import licence_of
from dramaturg.dataset.made_tables import made_tables
from dramaturg.errors import BackendError, UserError

TOKEN = "HF_TOKEN"
_TABLES = ("data", "personas", "preferences", "dropped")
_BESIDE = ("README.md", "croissant.json", "lineage.json", "report.json", "report.html")
_STAYS = {
    "journal.sqlite": "every call with its text: yours to share or not",
    "run.json": "arguments with paths of this machine",
}
_OUR_NAME = re.compile(
    rf"(?:(?:{'|'.join(_TABLES)})/\w+|([a-z]\w*)/\1)-\d{{5}}-of-\d{{5}}\.parquet"
)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?<![.-])")
_ADDRESS = re.compile(r"@(https?://[^\s|`\"',)]+)")
_FILES_A_COMMIT = 50


@dataclass(frozen=True)
class Item:
    """One file to send: where it goes, and its bytes or the file that holds them."""

    path: str
    content: bytes | Path

    @property
    def size(self) -> int:
        """Bytes."""
        return self.content.stat().st_size if isinstance(self.content, Path) else len(self.content)


@dataclass(frozen=True)
class Upload:
    """What would be sent.

    Attributes:
        repo: "org/name".
        items: The files, data first, the card last.
        stays: File -> why it is not sent.
        notes: What to think of before it is public.
    """

    repo: str
    folder: Path
    license: str
    items: list[Item]
    stays: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass
class Sent:
    """What was sent.

    Attributes:
        url: Where the dataset is now.
        files, bytes: Sent this time; `already`: files that were there, unchanged.
        deleted: Files of an earlier version that were taken away.
    """

    url: str
    files: int = 0
    bytes: int = 0
    already: int = 0
    deleted: list[str] = field(default_factory=list)


def plan_upload(target: str, folder: str | Path, license: str | None = None) -> Upload:
    """What publishing a folder would send; makes no connection.

    Args:
        target: "hf:org/name".
        folder: A run folder, or a dataset folder that another command made.
        license: The hub's identifier of a licence, written into the card that is sent; None =
            what the folder's card states.

    Raises:
        UserError: If the target is no name on the hub, or the folder has no data, no card or no
            licence.
    """
    repo = _repo(target)
    path = Path(folder)
    if not path.is_dir():
        raise UserError(
            f"there is no folder {path}" if not path.exists() else f"{path} is a file",
            fix="publish a folder: make one with `dramaturg convert FILE FOLDER`"
            if path.exists()
            else "name the folder of a dataset, after hf:org/name",
        )
    if not any((path / "data").glob("*.parquet")) and not made_tables(path):
        raise UserError(
            f"{path} holds no data to publish",
            why="it has no data/*.parquet",
            fix="finish the run first, or make a folder with `dramaturg convert`",
        )
    if not (path / "README.md").is_file():
        raise UserError(
            f"{path} has no dataset card", why="it has no README.md",
            fix="run the command that made the folder again: it writes the card",
        )  # fmt: skip
    stated = license or licence_of(path)
    if not stated:
        raise UserError(
            f"the card of {path} states no licence",
            why="without one nobody may use the data; it depends on the terms of your models and "
            "of your personas",
            fix="give --license, e.g. --license cc-by-4.0, or state it in the head of README.md",
        )
    check_licence(stated)
    card = (path / "README.md").read_text(encoding="utf-8")
    items = [
        Item(f.relative_to(path).as_posix(), f)
        for room in (*_TABLES, *made_tables(path))
        for f in sorted((path / room).glob("*.parquet"))
    ]
    items += [Item(n, path / n) for n in _BESIDE[2:] if (path / n).is_file()]
    for report in sorted(path.glob("*/report.json")):  # of an evaluation: the card speaks of it
        items += [
            Item(f.relative_to(path).as_posix(), f)
            for f in (report, report.with_suffix(".html"))
            if f.is_file()
        ]
    if (path / "croissant.json").is_file():
        items.append(Item("croissant.json", _croissant(path, repo, stated)))
    items.append(Item("README.md", _card(card, repo, stated)))
    stays = {name: why for name, why in _STAYS.items() if (path / name).is_file()}
    notes = []
    addresses = sorted(set(_ADDRESS.findall(card)))
    if addresses:
        notes.append(f"the card and the data name your endpoint: {', '.join(addresses)}")
    if any((path / "dropped").glob("*.parquet")):
        notes.append("dropped/ holds what the critics refused, and goes with it")
    return Upload(repo, path, stated, items, stays, notes)


def publish(
    upload: Upload,
    *,
    private: bool = False,
    endpoint: str | None = None,
    say: Callable[[str], None] = lambda sentence: None,
) -> Sent:
    """Send it. The token is read from the environment (`HF_TOKEN`) and written nowhere.

    Files go in commits of 50, the card last; files that are there already are not sent again, so
    that the same command goes on where it stopped. Parquet files of an earlier version that this
    one no longer has are deleted, since `load_dataset` would read them too.

    Args:
        private: Make the repository private, if it is made now.
        endpoint: Address of the hub; None = `HF_ENDPOINT`, or the public one.

    Raises:
        UserError: If the token is missing or refused, or the name is not yours.
        BackendError: If the hub cannot be reached or fails; trying again goes on.
    """
    hub = _library()
    token = os.environ.get(TOKEN, "").strip()
    if not token:
        raise UserError(
            "there is no token for the hub",
            why=f"the environment variable {TOKEN} is not set",
            fix=f"export {TOKEN}=... with a token that may write, from "
            "https://huggingface.co/settings/tokens",
        )
    api = hub.HfApi(endpoint=endpoint, token=token, library_name="dramaturg")
    with _in_words(hub, upload.repo, str(api.endpoint)):
        who = api.whoami(token=token)
        say(f"as {who.get('name', '?')}")
        api.create_repo(upload.repo, repo_type="dataset", private=private or None, exist_ok=True)
        there = {
            entry.path: entry.lfs.sha256 if entry.lfs else entry.blob_id
            for entry in api.list_repo_tree(upload.repo, repo_type="dataset", recursive=True)
            if hasattr(entry, "blob_id")
        }
        sent = Sent(url=f"{api.endpoint}/datasets/{upload.repo}")
        waiting = [item for item in upload.items if there.get(item.path) not in _hashes(item)]
        sent.already = len(upload.items) - len(waiting)
        if sent.already:
            say(f"{sent.already} files are there already")
        kept = {item.path for item in upload.items}
        sent.deleted = sorted(p for p in there if p not in kept and _OUR_NAME.fullmatch(p))
        groups = [waiting[n : n + _FILES_A_COMMIT] for n in range(0, len(waiting), _FILES_A_COMMIT)]
        if not groups and sent.deleted:
            groups = [[]]
        for n, group in enumerate(groups, 1):
            last = n == len(groups)
            operations: list[Any] = [
                hub.CommitOperationAdd(item.path, _as_given(item)) for item in group
            ]
            if last:
                operations += [hub.CommitOperationDelete(path) for path in sent.deleted]
            say(f"commit {n} of {len(groups)}: {len(group)} files, {_size(group)}")
            api.create_commit(
                upload.repo,
                operations,
                commit_message="Publish with Dramaturg"
                + (f" ({n} of {len(groups)})" if len(groups) > 1 else ""),
                repo_type="dataset",
            )
            sent.files += len(group)
            sent.bytes += sum(item.size for item in group)
    return sent


def check_licence(stated: str) -> None:
    """Refuse a licence that the hub does not know.

    Raises:
        UserError: Naming the nearest that it knows.
    """
    known = hub_licences()
    if stated not in known:
        low = stated.lower()
        near = [name for name in known if name.startswith(low)][-1:]
        near = near or difflib.get_close_matches(low, known, n=1, cutoff=0.5)
        raise UserError(
            f"the hub knows no licence {stated!r}",
            fix=(f"did you mean {near[0]}? " if near else "")
            + "else give 'other', and name it in README.md as license_name",
        )


def hub_licences() -> list[str]:
    """What the hub takes as `license:`, the common identifiers."""
    file = resources.files("dramaturg.dataset").joinpath("templates", "hub_licences.txt")
    return file.read_text(encoding="utf-8").split()


def _repo(target: str) -> str:
    scheme, _, name = target.rpartition(":")
    if scheme != "hf":
        raise UserError(
            f"{target!r} is no place to publish to",
            fix="give hf:org/name, e.g. hf:my-name/my-dataset, and then the folder",
        )
    parts = name.split("/")
    bad = [p for p in parts if not _NAME.fullmatch(p) or "--" in p or ".." in p]
    if len(parts) != 2 or bad:
        raise UserError(
            f"{name!r} is not a name on the hub",
            why="a name is ORG/NAME, of letters, digits, '-', '_' and '.', at most 96 each",
            fix="give hf:org/name, e.g. hf:my-name/my-dataset",
        )
    return name


def _card(card: str, repo: str, license: str) -> bytes:
    """The card as it is published: the licence in its head, the repository's name in its code."""
    head, mark, rest = card.partition("\n---\n")
    line = f"license: {json.dumps(license)}"
    head, n = re.subn(r"^license:.*$", lambda _: line, head, count=1, flags=re.MULTILINE)
    head = head if n else f"{head}\n{line}"
    rest = rest.replace('load_dataset("PATH"', f'load_dataset("{repo}"')
    rest = rest.replace("`unknown` until you state one in the head of this file", f"`{license}`")
    return (head + mark + rest).encode("utf-8")


def _croissant(path: Path, repo: str, license: str) -> bytes:
    try:
        told = json.loads((path / "croissant.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path / 'croissant.json'} is not JSON", why=str(error)) from error
    modified = max(f.stat().st_mtime for f in path.glob("*/*.parquet"))
    told["license"] = license
    told["url"] = f"https://huggingface.co/datasets/{repo}"
    told["datePublished"] = datetime.fromtimestamp(modified, UTC).date().isoformat()
    return (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def _library() -> Any:
    try:
        import huggingface_hub
    except ImportError as error:
        raise UserError(
            "publishing needs huggingface_hub, which is not installed",
            why=str(error),
            fix="pip install 'dramaturg[hub]'",
        ) from error
    return huggingface_hub


def _as_given(item: Item) -> str | bytes:
    return str(item.content) if isinstance(item.content, Path) else item.content


def _hashes(item: Item) -> set[str]:
    """The names that git and git-lfs give to its content."""
    lfs = hashlib.sha256()
    blob = hashlib.sha1(b"blob %d\0" % item.size)  # git's own, not for security
    if isinstance(item.content, Path):
        with item.content.open("rb") as file:
            while part := file.read(1 << 20):
                lfs.update(part)
                blob.update(part)
    else:
        lfs.update(item.content)
        blob.update(item.content)
    return {lfs.hexdigest(), blob.hexdigest()}


def _size(items: list[Item]) -> str:
    return size_text(sum(item.size for item in items))


def size_text(size: int) -> str:
    """Bytes in words: "12 bytes", "3.4 MB"."""
    if size < 1_000:
        return f"{size} bytes"
    for unit, power in (("kB", 3), ("MB", 6), ("GB", 9)):
        if size < 10 ** (power + 3) or unit == "GB":
            return f"{size / 10**power:.1f} {unit}"
    raise AssertionError


@contextmanager
def _in_words(hub: Any, repo: str, endpoint: str) -> Iterator[None]:
    """What the hub's library raises, as one sentence with what to do."""
    try:
        yield
    except hub.errors.OfflineModeIsEnabled as error:
        raise UserError(
            "nothing can be published: the hub's library is told to stay offline",
            why="HF_HUB_OFFLINE is set",
            fix="unset HF_HUB_OFFLINE and give the same command again",
        ) from error
    except hub.errors.HFValidationError as error:
        raise UserError(f"{repo!r} is not a name on the hub", why=_first(error)) from error
    except hub.errors.HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        said = str(getattr(error, "server_message", "") or "") or _first(error)
        if status == 401:
            raise UserError(
                f"the hub at {endpoint} does not take the token in {TOKEN}",
                why=said,
                fix="make a token that may write at https://huggingface.co/settings/tokens",
            ) from error
        if status in (403, 404):
            raise UserError(
                f"the token in {TOKEN} may not write to {repo}",
                why=said,
                fix="see that the organisation's name is right, that you belong to it, and that "
                "the token may write there",
            ) from error
        if status == 400 or status == 422:
            raise UserError(f"the hub refuses {repo}", why=said) from error
        raise BackendError(
            f"the hub at {endpoint} failed ({status})",
            why=said,
            fix="the same command goes on where it stopped",
            retryable=True,
            kind="hub",
        ) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise _unreachable(endpoint, error) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] in ("httpx", "httpx2", "httpcore2", "requests"):
            raise _unreachable(endpoint, error) from error
        raise


def _unreachable(endpoint: str, error: Exception) -> BackendError:
    return BackendError(
        f"the hub at {endpoint} does not answer, or broke off",
        why=f"{type(error).__name__}: {_first(error.__cause__ or error)}",
        fix="see that you are online and that HF_ENDPOINT is right; the same command goes on "
        "where it stopped",
        retryable=True,
        kind="connection",
    )


def _first(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
