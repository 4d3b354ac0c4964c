"""The annotation page as one file that needs no server and no network.

Its policy names the hashes of its own script and styles: nothing else runs in it, and nothing can
be sent anywhere. Answers leave it only as a file that the annotator saves.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from pathlib import Path

from markupsafe import Markup

from dramaturg.store import write_atomically
from dramaturg.study import Study, sheet
from dramaturg.viewer.annotate.routes import data_block
from dramaturg.viewer.pages import render


def write_page(study: Study, file: str | Path, part: int = 1, parts: int = 1) -> int:
    """Write the page; returns how many items it holds.

    Args:
        part, parts: The `part`th of `parts` annotators, who share the items so that as many see
            each as the study asks for; 1 of 1 holds all.

    Raises:
        UserError: If the file cannot be written.
    """
    held = sheet(study, part, parts)
    script, style, theme = (
        _asset("annotate.js"),
        _asset("base.css", "annotate.css"),
        _asset("theme.js"),
    )
    scripts = f"script-src {_hash(script)} {_hash(theme)}; style-src {_hash(style)}"
    text = render(
        "annotate_file.html",
        title=study.questions["title"],
        policy=f"default-src 'none'; {scripts}; base-uri 'none'; form-action 'none'",
        setup=data_block(held),
        script=Markup(script),
        style=Markup(style),
        theme=Markup(theme),
    )
    write_atomically(Path(file), text.encode("utf-8", "replace"))
    return len(held["items"])


def _asset(*names: str) -> str:
    folder = resources.files("dramaturg.viewer").joinpath("static")
    return "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
