"""No test reaches past this machine: a connection to any other address fails at once.

Tests in a browser that were skipped are told at the end.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple):
            host = str(address[0])
            local = host == "localhost"
            with contextlib.suppress(ValueError):
                local = local or ipaddress.ip_address(host).is_loopback
            if not local:
                raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line at the end, since the letter "s" among thousands of dots is read by nobody."""
    skipped = terminalreporter.stats.get("skipped", [])
    found = [one for one in skipped if "browser" in one.nodeid]
    if found:
        why = str(found[0].longrepr[2] if isinstance(found[0].longrepr, tuple) else "")
        files = ", ".join(sorted({one.nodeid.partition("::")[0] for one in found}))
        terminalreporter.write_line(
            f"NOT TESTED IN A BROWSER: {files}: {why.removeprefix('Skipped: ')}. "
            "Put a Chromium on the PATH, remove .venv/.test and run make test again."
        )


@pytest.fixture
def shared_data() -> Path:
    """Real data beside the checkout; a test that needs it skips where it is not."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    return folder
