"""A person's profile out of a file, and up to date with another: what `dramaturg profile` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dramaturg import dataset, profile
from dramaturg.dataset.source import existing_file, lines
from dramaturg.errors import RecordError, UserError
from dramaturg.models import ChatModel
from dramaturg.models.resolve import resolve
from dramaturg.profile import Updated
from dramaturg.records import Profile, from_json, to_json


async def extract_file(
    source: str | Path, model: str, *, name: str | None = None, keys: Sequence[str] = (), seed: int
) -> Updated:
    """The profile that a text tells; the person is named by `name`, or by the file's name.

    Raises:
        UserError: If the file or the model cannot be used.
        RecordError, BackendError: As `profile.extract` does.
    """
    people = dataset.load_profiles(existing_file(source, "a text about a person"))
    if len(people) > 1:
        raise UserError(
            f"{source} tells of {len(people)} people",
            why="this command reads one profile",
            fix=f"dramaturg run user-profile --texts {source}",
        )
    one = people[0]
    return await profile.extract(
        one.text, _chat(model), name=name or one.name, keys=keys, document=one.source, seed=seed
    )


async def update_file(
    known: str | Path, note: str | Path, model: str, *, when: str | None = None, seed: int
) -> Updated:
    """The profile of a JSON file after a text.

    Raises:
        UserError: If a file or the model cannot be used.
        RecordError, BackendError: As `profile.update` does.
    """
    held = read_profile(known)
    path = existing_file(note, "a text")
    text = "\n".join(line for _, line in lines(path)).strip()
    if not text:
        raise UserError(f"there is no text in {path}")
    return await profile.update(held, text, _chat(model), document=path.name, when=when, seed=seed)


def read_profile(source: str | Path) -> Profile:
    """The profile of a JSON file that `write_profile` wrote.

    Raises:
        UserError: If it is missing or holds no profile.
    """
    path = existing_file(source, "a profile")
    try:
        return from_json("\n".join(line for _, line in lines(path)), Profile)
    except RecordError as error:
        raise UserError(
            f"{path} holds no profile",
            why=error.why,
            fix="make one with dramaturg profile extract TEXT --out FILE",
        ) from error


def write_profile(one: Profile, target: str | Path) -> None:
    """Write a profile as JSON, whole or not at all."""
    path = Path(target)
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(to_json(one) + "\n", encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise UserError(f"cannot write {path}", why=error.strerror or str(error)) from error


def _chat(ref: str) -> ChatModel:
    model = resolve(ref)
    if not isinstance(model, ChatModel):
        raise UserError(f"{ref} answers no tasks", fix="name a chat model")
    return model
