"""How well a turn's language is told by rule: English in a target language, and nothing else.

    python benchmarks/cards/multilingual_crowd.py DATA_DIR

The paper's own sets cannot be had, so this measures the filter alone, on two things that can:

- `new.jsonl.gz` in DATA_DIR (Synthetic-Persona-Chat's new part, one conversation a line): its turns
  are English. Held against a target they are leaks that must be found; held against English they
  must pass.
- `django-*.whl` in DATA_DIR (from the package registry, BSD): short texts of a program in many
  languages, as translated by people. Held against their own language they must pass.

What is absent is skipped with a line that says so.
"""

from __future__ import annotations

import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.tables import columns
from dramaturg import dataset
from dramaturg.errors import UserError
from dramaturg.scorers import astray, find_language, tell_language
from dramaturg.scorers.languages import languages

ENGLISH = find_language("en")
TARGETS = ("fr", "de", "es", "it", "nl", "pl", "tr", "ko", "ar", "en")
CONVERSATIONS = 1_000
_TEXT = re.compile(r'"(.*)"')


def leaks(folder: Path) -> Iterator[list[str]]:
    """Shares of English turns that are refused, by target."""
    source = folder / "new.jsonl.gz"
    turns: list[str] = []
    for number, talk in enumerate(dataset.load_conversations(source)):
        if number == CONVERSATIONS:
            break
        turns += [turn.text for turn in talk.turns]
    long = [text for text in turns if len(text.split()) >= 4]
    yield ["target", "English turns", "refused", "of 4 words or more", "refused"]
    for tag in TARGETS:
        target = find_language(tag)
        shares = [
            f"{sum(bool(astray(text, target, ENGLISH)) for text in some) / len(some):.4f}"
            for some in (turns, long)
        ]
        yield [target.name, f"{len(turns):,}", shares[0], f"{len(long):,}", shares[1]]


def translations(folder: Path) -> Iterator[list[str]]:
    """Of texts in each language: told as it, told as another, refused as astray."""
    wheels = sorted(folder.glob("[dD]jango-*.whl"))
    if not wheels:
        raise FileNotFoundError(2, "not there", str(folder / "django-*.whl"))
    yield ["language", "texts", "told right", "told wrong", "refused"]
    with zipfile.ZipFile(wheels[-1]) as wheel:
        for tag, language in languages().items():
            name = {"zh": "zh_Hans"}.get(tag, tag)
            texts = [
                text
                for file in wheel.namelist()
                if re.search(rf"/locale/{name}/LC_MESSAGES/django\.po$", file)
                for text in _texts(wheel.read(file).decode("utf-8"))
            ]
            if not texts:
                continue
            told = [tell_language(text) for text in texts]
            right = sum(one is not None and one.tag == tag for one in told)
            wrong = sum(one is not None and one.tag != tag for one in told)
            refused = sum(bool(astray(text, language, ENGLISH)) for text in texts)
            n = len(texts)
            yield [language.name, str(n), f"{right / n:.3f}", f"{wrong / n:.3f}",
                   f"{refused / n:.3f}"]  # fmt: skip


def _texts(catalogue: str) -> Iterator[str]:
    """Translated texts of more than 25 signs, without places to fill or marks of a page."""
    for block in catalogue.split("\n\n"):
        source, said = (
            "".join(_TEXT.findall(hit[1])) if hit else ""
            for hit in (
                re.search(rf'^{key} ((?:".*"\n?)+)', block, re.MULTILINE)
                for key in ("msgid", "msgstr")
            )
        )
        text = said.replace("\\n", " ").replace('\\"', '"')
        if source and len(text) > 25 and said != source and not re.search(r"[%{<&@]", text):
            yield text


def main(folder: Path) -> int:
    """Print both tables; 2 where the folder is not there."""
    if not folder.is_dir():
        print(f"{folder} is no folder")
        return 2
    for part in (leaks, translations):
        try:
            print(columns(list(part(folder))), end="\n\n")
        except (FileNotFoundError, UserError) as error:
            print(f"{part.__name__}: skipped, {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path()))
