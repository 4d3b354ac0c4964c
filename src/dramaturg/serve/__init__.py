"""The embedded model behind an OpenAI-compatible endpoint on this machine."""

from dramaturg.serve.app import PORT, make_app
from dramaturg.serve.run import serve_until_stopped

__all__ = ["PORT", "make_app", "serve_until_stopped"]
