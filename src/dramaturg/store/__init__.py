"""The run folder: calls, records, resume, fingerprint."""

from dramaturg.store.fingerprint import LEFT_OUT, differences, fingerprint
from dramaturg.store.journal import Journal
from dramaturg.store.listener import RunListener
from dramaturg.store.lock import FolderLock
from dramaturg.store.notes import Listener, listening, note, progress
from dramaturg.store.run_folder import (
    RunFolder,
    is_run_folder,
    latest,
    state_of,
    write_atomically,
)
from dramaturg.store.spool import Chain, Spool, View

__all__ = [
    "LEFT_OUT",
    "Chain",
    "FolderLock",
    "Journal",
    "Listener",
    "RunFolder",
    "RunListener",
    "Spool",
    "View",
    "differences",
    "fingerprint",
    "is_run_folder",
    "latest",
    "listening",
    "note",
    "progress",
    "state_of",
    "write_atomically",
]
