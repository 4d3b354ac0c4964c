"""The embedded model behind an OpenAI-compatible endpoint on this machine."""

from dramaturg.serve.run import make_runner, serve_until_stopped

__all__ = ["make_runner", "serve_until_stopped"]
