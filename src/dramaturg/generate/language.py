"""Which language a text is in, where that is plain: by script, and by the commonest words.

It serves to notice a draft in another language than its profiles, so it must be sure: a short or
mixed text has no answer, and no draft is refused for one.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

_WORDS = {
    "English": "I the and you is it that of to in was have are what my me do i'm it's with this "
    "for but not your so be just like really about they he she we know been did that's don't",
    "German": "ich und die der das ist nicht du ein eine es mit zu auf auch was aber wie mein mir "
    "sie wir hast habe für dann noch dich bin von dem den im gerne immer mich",
    "French": "je et le la les de est pas vous tu un une des que en à pour mais dans avec mon ma "
    "c'est j'ai j'aime qui ce ne sur moi suis du au as toi très aussi",
    "Spanish": "yo y el la los de es no que en un una me mi pero con por qué muy para te lo como "
    "tengo más las del eso también soy está hay tu gusta cuando",
    "Italian": "io e il la di è non che un una mi ma con per sono ho anche come cosa molto lo mio "
    "mia questo gli del nella ti ci hai sei più piace della quando",
    "Portuguese": "eu e o a de é não que um uma me meu minha mas com para você sou tenho muito os "
    "do da em também isso mais como gosto por na no se está",
    "Dutch": "ik en de het een is niet dat je van mijn maar met ook wat voor heb ben aan op zijn "
    "er nog wel hoe die heel graag naar bij als jij mij",
    "Swedish": "jag och är det att en ett inte du har med som min på för men om vad vi så mig den "
    "kan också till av hur mycket när",
    "Polish": "ja i nie się to jest w na że mam z do jak ale mój moja co lubię dla czy bardzo tak "
    "jestem po też mnie od już",
}
_SETS = {name: frozenset(words.split()) for name, words in _WORDS.items()}
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "DEVANAGARI", "BENGALI", "TAMIL",
            "THAI", "HANGUL", "HIRAGANA", "KATAKANA", "CJK")  # fmt: skip
_LETTERS, _HITS, _LEAD = 20, 6, 2.0  # fewest letters and hits, and the lead, of a sure answer


def language_of(text: str) -> str | None:
    """The language or, for scripts that several share, the script; None where it is not plain.

    >>> language_of("Ich habe zwei Hunde, und du? Was machst du gerne, wenn es nicht regnet?")
    'German'
    """
    script = _script(text)
    if script != "LATIN":
        return script
    found = (token.replace("’", "'") for token in _TOKEN.findall(text))
    tokens = Counter(token if token == "I" else token.lower() for token in found)
    scores = sorted(
        ((sum(n for t, n in tokens.items() if t in words), name) for name, words in _SETS.items()),
        reverse=True,
    )
    (best, name), (second, _) = scores[0], scores[1]
    return name if best >= _HITS and best >= _LEAD * second else None


def _script(text: str) -> str | None:
    """The script of nine tenths of the letters, or None; Chinese characters and kana: Japanese."""
    if text.isascii():
        return "LATIN" if sum(map(str.isalpha, text)) >= _LETTERS else None
    counts: Counter[str] = Counter()
    for char in text:
        if char.isascii():
            counts["LATIN"] += char.isalpha()
        elif char.isalpha():
            name = unicodedata.name(char, "")
            counts[next((s for s in _SCRIPTS if name.startswith(s)), "other")] += 1
    total = sum(counts.values())
    kana = counts.pop("HIRAGANA", 0) + counts.pop("KATAKANA", 0)
    if kana > 0.05 * total:
        counts["JAPANESE"] = kana + counts.pop("CJK", 0)
    elif kana:
        counts["CJK"] += kana
    if total < _LETTERS / 2:
        return None
    script, most = counts.most_common(1)[0]
    return script if most >= 0.9 * total and script != "other" else None
