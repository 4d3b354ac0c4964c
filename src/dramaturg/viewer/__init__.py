"""The local viewer: it opens a run or a dataset, and never makes one."""

from dramaturg.viewer.guard import Guard
from dramaturg.viewer.web import make_app, serve

__all__ = ["Guard", "make_app", "serve"]
