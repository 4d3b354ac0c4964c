"""The local viewer: it opens a run or a dataset, and never makes one."""

from dramaturg.viewer.app import Viewer
from dramaturg.viewer.guard import Guard, other_addresses
from dramaturg.viewer.look import look
from dramaturg.viewer.source import Source
from dramaturg.viewer.web import make_app, serve

__all__ = ["Guard", "Source", "Viewer", "look", "make_app", "other_addresses", "serve"]
