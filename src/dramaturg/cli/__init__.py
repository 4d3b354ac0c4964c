"""The command line: one file a command, no logic of its own."""

from dramaturg.cli.main import main

__all__ = ["main"]
