"""What annotators are asked: tasks, scales and flags, read from questions.toml."""

from __future__ import annotations

import difflib
import functools
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from dramaturg.errors import UserError

TASKS = ("turing", "pairwise", "likert", "faithfulness", "flags")
TWO_SIDED = ("turing", "pairwise")
RELATIONS = ("entail", "contradict")  # what a turn can do to a fact; neither is silence
DEFAULT_SCALES = ("natural", "coherent", "consistent", "depth", "likable")
POINTS = 5


@functools.cache
def shipped() -> dict[str, Any]:
    """The questions that come with the package: `tasks`, `scales`, `flags`, `version`."""
    file = resources.files("dramaturg.study").joinpath("questions.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def questions_for(
    task: str, names: Sequence[str] = (), own: str | Path | None = None
) -> dict[str, Any]:
    """All that the pages of one task say.

    Args:
        task: One of `TASKS`.
        names: Scales (likert, pairwise) or flags to ask for, in this order; () = the usual ones.
        own: A TOML file with further `[scales.NAME]` and `[flags.NAME]`; a name that exists
            already is replaced.

    Returns:
        JSON values: `version`, `title`, `help`, and `ask`, a list of {name, ...}: for turing and
        pairwise {label}, for likert {label, anchors}, for flags {label}; `tie` where there is one.

    Raises:
        UserError: If the task or a name is unknown, or the file cannot be used.
    """
    if task not in TASKS:
        raise UserError(
            f"there is no task {task!r}",
            fix=f"choose one of {', '.join(TASKS)}{_near(task, TASKS)}",
        )
    every = shipped()
    told = dict(every["tasks"][task])
    found: dict[str, Any] = {"version": every["version"], "task": task}
    found |= {key: told[key] for key in ("title", "help", "tie") if key in told}
    extra = _own(own) if own else {}
    if task == "turing":
        found["ask"] = [{"name": "human", "label": told["question"]}]
    elif task == "faithfulness":
        found["ask"] = []
    else:
        kind = "flags" if task == "flags" else "scales"
        known = {**every[kind], **extra.get(kind, {})}
        usual = {"pairwise": ["overall"], "likert": list(DEFAULT_SCALES)}.get(task, list(known))
        if names and task == "flags" and not set(names) <= set(known):
            _unknown(names, known, "flag")
        if names and not set(names) <= set(known):
            _unknown(names, known, "scale")
        asked = list(dict.fromkeys(names)) or [*usual, *extra.get(kind, {})]
        found["ask"] = [_asked(task, name, known[name]) for name in dict.fromkeys(asked)]
    if names and task in ("turing", "faithfulness"):
        raise UserError(
            f"--quality does not go with --task {task}",
            fix="leave it out, or take likert, pairwise or flags",
        )
    return found


def for_pages(questions: Mapping[str, Any]) -> dict[str, Any]:
    """The questions without what annotators must not know: which of them checks rest on."""
    kept = ("name", "label", "anchors")
    ask = [{key: one[key] for key in kept if key in one} for one in questions["ask"]]
    return {**questions, "ask": ask}


def _asked(task: str, name: str, words: Mapping[str, Any]) -> dict[str, Any]:
    if task == "flags":
        kept = {"name": name, "label": words["label"]}
        kept |= {key: words[key] for key in ("critic", "planted") if key in words}
        return kept
    if task == "pairwise":
        kept = {"name": name, "label": words.get("compare", words["question"])}
        return kept | ({"planted": True} if words.get("planted") else {})
    return {
        "name": name,
        "label": words["question"],
        "anchors": list(words["anchors"]),
        "planted": bool(words.get("planted")),
    }


def _own(file: str | Path) -> dict[str, dict[str, Any]]:
    path = Path(file)
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UserError(f"{path} cannot be read", why=str(error.strerror or error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not TOML", why=str(error)) from error
    found: dict[str, dict[str, Any]] = {"scales": {}, "flags": {}}
    for kind in found:
        section = read.get(kind, {})
        for name, words in section.items() if isinstance(section, dict) else ():
            _check(path, kind, name, words)
            found[kind][name] = words
    if not found["scales"] and not found["flags"]:
        raise UserError(
            f"{path} holds no question",
            fix="write [scales.NAME] with question and 5 anchors, or [flags.NAME] with a label",
        )
    return found


def _check(path: Path, kind: str, name: str, words: Any) -> None:
    good = isinstance(words, dict)
    if good and kind == "scales":
        anchors = words.get("anchors")
        good = isinstance(words.get("question"), str) and isinstance(anchors, list)
        good = good and len(anchors) == POINTS and all(isinstance(a, str) for a in anchors)
    elif good:
        good = isinstance(words.get("label"), str)
    if not good:
        needs = f"a question and {POINTS} anchors" if kind == "scales" else "a label"
        raise UserError(f"{path}: [{kind}.{name}] is incomplete", fix=f"give it {needs}")


def _unknown(names: Sequence[str], known: Mapping[str, Any], what: str) -> None:
    first = next(name for name in names if name not in known)
    raise UserError(
        f"there is no {what} {first!r}",
        fix=f"choose from {', '.join(known)}{_near(first, list(known))}, or write your own in a "
        "TOML file and name it with --questions",
    )


def _near(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f" (did you mean {near[0]}?)" if near else ""
