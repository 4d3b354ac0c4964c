"""Which language one turn is in: by its script, its commonest words, and letters that mark it.

A turn is short, so the answer is often "that cannot be told"; nothing is refused for it.
"""

from __future__ import annotations

import difflib
import functools
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Sequence
from importlib import resources

import msgspec

from dramaturg.errors import NotJudged, UserError
from dramaturg.records import Conversation

LEAST = 4  # words; of fewer no language is told
_LEAST_SIGNS = 6  # letters of a script without spaces that stand for so many words
_HITS, _LEAD = 2, 2.0  # fewest known words, and how many times those of any other language
_SHARE, _SHARE_ALONE = 0.15, 0.35  # of the words; more where there is no other to be nearer to
_NEAR = (  # so near to each other that a few words do not tell one from the other
    {"cs", "sk"},
    {"da", "nb", "sv"},
    {"ca", "es", "it", "pt"},
    {"bg", "ru", "uk"},
    {"ar", "fa", "ur"},
)
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SPACELESS = ("JAPANESE", "CJK", "THAI")


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """A language that is told by what is written here.

    Attributes:
        tag: BCP 47, e.g. "fr".
        name: In English, as a prompt names it.
        script: As Unicode names its letters; "" for a language that nothing is known of.
        also, words, letters: See data/languages.toml.
    """

    tag: str
    name: str
    script: str = ""
    also: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    letters: frozenset[str] = frozenset()

    @property
    def known(self) -> bool:
        """Whether a text can be told to be in it."""
        return bool(self.script)

    def near(self, other: Language) -> bool:
        """Whether a few words do not tell the two apart; a language is near itself."""
        both = {self.tag, other.tag}
        return len(both) == 1 or any(both <= group for group in _NEAR)

    def caution(self, source: Language) -> str:
        """What a user must know of a language that nothing is known of."""
        return (
            f"nothing is known of {self.tag!r}: that a turn is in it cannot be told, only that it "
            f"is in {source.name}"
        )


@functools.cache
def languages() -> dict[str, Language]:
    """All that are known, by tag."""
    file = resources.files("dramaturg.scorers").joinpath("data", "languages.toml")
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    return {
        tag: Language(
            tag=tag,
            name=row["name"],
            script=row["script"],
            also=frozenset(row.get("also", "").split()),
            words=frozenset(row.get("words", "").split()),
            letters=frozenset(row.get("letters", "")),
        )
        for tag, row in table.items()
    }


def find_language(given: str) -> Language:
    """The language of a tag or an English name; a tag may carry a region ("pt-BR").

    A well-formed tag of a language that nothing is known of is taken as it is.

    Raises:
        UserError: If it is neither; names the nearest one.

    >>> find_language("pt-BR").name, find_language("french").tag
    ('Portuguese', 'fr')
    """
    wanted = given.strip().lower()
    by_name = {one.name.lower(): one for one in languages().values()}
    root = re.split(r"[-_]", wanted)[0]
    if wanted in by_name:
        return by_name[wanted]
    for tag, one in languages().items():
        if root == tag or root in one.also:
            return one
    if re.fullmatch(r"[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*", wanted):
        return Language(tag=wanted, name=f"the language with the code {wanted!r}")
    near = difflib.get_close_matches(wanted, [*by_name, *languages()], n=1, cutoff=0.5)
    raise UserError(
        f"there is no language {given!r}",
        why="a language is named by its code, e.g. fr, or in English",
        fix=f"did you mean {near[0]!r}?" if near else f"known are {', '.join(languages())}",
    )


def find_languages(given: str) -> list[Language]:
    """Those of a list with commas, each once. Raises UserError for an empty or unknown one."""
    found = {one.tag: one for part in given.split(",") if part.strip()
             for one in [find_language(part)]}  # fmt: skip
    if not found:
        raise UserError("no language is named", fix="name some by their codes, e.g. fr,ko,de")
    return list(found.values())


def language_named(conversation: Conversation) -> Language:
    """The language that the scene's field "language" names. Raises NotJudged without one."""
    named = conversation.scene.get("language")
    if not isinstance(named, str):
        raise NotJudged("no language is named for it", kind="no language")
    return find_language(named)


def tell_language(text: str, *, likely: Sequence[Language] = ()) -> Language | None:
    """The language of a turn or sentence; None where that is not plain.

    Args:
        likely: Only these are weighed against one another; none = all that are known.

    Returns:
        None for fewer than 4 words, for a mixture, and where two languages are near each other.

    >>> tell_language("Je ne sais pas si tu aimes ça.").name
    'French'
    >>> tell_language("OK, super!") is None
    True
    """
    script, letters = _script(text)
    tokens = [token.replace("’", "'") for token in _TOKEN.findall(text)]
    if script is None or (letters < _LEAST_SIGNS if script in _SPACELESS else len(tokens) < LEAST):
        return None
    among = [one for one in likely or languages().values() if one.script == script]
    if len([one for one in languages().values() if one.script == script]) == 1:
        return next((one for one in languages().values() if one.script == script), None)
    if script == "CJK":  # without a single kana
        return languages()["zh"]
    said = [token.lower() for token in tokens]
    marks = Counter({one.tag: _marks(said, text, one) for one in among})
    ranked = marks.most_common(2)
    share = _SHARE if len(among) > 1 else _SHARE_ALONE
    if not ranked or ranked[0][1] < max(_HITS, share * len(said)):
        return None
    if len(ranked) > 1 and ranked[0][1] < _LEAD * ranked[1][1]:
        return None
    return next(one for one in among if one.tag == ranked[0][0])


def spaced(text: str) -> str:
    """The text with each letter of a script without spaces as a word of its own.

    For measures that count words: elsewhere a sentence of Japanese would be one word.

    >>> spaced("私は犬, you know")
    '私 は 犬, you know'
    """
    if text.isascii():
        return text
    spread = (f" {c} " if c.isalpha() and _alone(c) else c for c in text)
    return re.sub(r"(?<=\w) +(?=[^\w\s])", "", " ".join("".join(spread).split()))


def script_of(text: str) -> str | None:
    """The script of most of the letters, e.g. "LATIN"; "JAPANESE" for kana with or without kanji;
    None where there are no letters, or no script has two thirds of them."""
    return _script(text)[0]


def _marks(said: Sequence[str], text: str, language: Language) -> int:
    """Words of the language, and words with a letter that marks it; each word once."""
    marks = sum(token in language.words or not language.letters.isdisjoint(token) for token in said)
    return marks + sum(text.count(sign) for sign in language.letters if not sign.isalpha())


_SCRIPTS = frozenset(
    (
        "LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "DEVANAGARI", "BENGALI", "TAMIL", "THAI",
        "HANGUL", "HIRAGANA", "KATAKANA", "CJK", "ARMENIAN", "GEORGIAN", "ETHIOPIC", "KHMER", "LAO",
        "MYANMAR", "SINHALA", "TELUGU", "KANNADA", "MALAYALAM", "GUJARATI", "GURMUKHI",
    )
)  # fmt: skip


def _script(text: str) -> tuple[str | None, int]:
    """The script of two thirds of the letters, and how many letters there are."""
    counts: Counter[str] = Counter()
    for char in unicodedata.normalize("NFC", text):
        if char.isalpha():
            counts[_script_of_letter(char)] += 1
    total = sum(counts.values())
    kana = counts.pop("HIRAGANA", 0) + counts.pop("KATAKANA", 0)
    if kana:
        counts["JAPANESE"] = kana + counts.pop("CJK", 0)
    if not total:
        return None, 0
    script, most = counts.most_common(1)[0]
    return (script if script != "other" and 3 * most >= 2 * total else None), total


def _alone(char: str) -> bool:
    return _script_of_letter(char) in _WITHOUT_SPACES


_WITHOUT_SPACES = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")


@functools.lru_cache(maxsize=4096)
def _script_of_letter(char: str) -> str:
    if char.isascii():
        return "LATIN"
    first = unicodedata.name(char, "").split(" ", 1)[0]
    return first if first in _SCRIPTS else "other"
