"""How varied the words of many texts are: the numbers that fall when a pool feeds on itself."""

from __future__ import annotations

from collections.abc import Iterable

from dramaturg.scorers.words import tokens


def distinct_n(texts: Iterable[str], n: int, *, at_tokens: int | None = None) -> float:
    """Different n-grams over all n-grams: 1 if none comes twice, towards 0 if few words do it all.

    N-grams do not cross texts. The share falls with length, so compare sets only at equal
    `at_tokens`.

    Args:
        n: >= 1.
        at_tokens: Read this many tokens and stop, in the middle of a text if need be; None
            reads all.

    Returns:
        In [0, 1]; 0 where there is no n-gram.

    Source: Li et al. 2016, "A diversity-promoting objective function for neural conversation".

    >>> distinct_n(["a b a b"], 2)
    0.6666666666666666
    """
    seen: set[tuple[str, ...]] = set()
    total = 0
    left = at_tokens
    for text in texts:
        words = tokens(text)
        if left is not None:
            words = words[:left]
            left -= len(words)
        for start in range(len(words) - n + 1):
            seen.add(tuple(words[start : start + n]))
            total += 1
        if left == 0:
            break
    return len(seen) / total if total else 0.0


def count_tokens(texts: Iterable[str]) -> int:
    """How many tokens the texts have, as `distinct_n` counts them."""
    return sum(len(tokens(text)) for text in texts)


def different_utterances(texts: Iterable[str]) -> float:
    """The share of different utterances, case and outer spaces set aside; 0 for none.

    >>> different_utterances(["Hi!", "hi!", "How are you?", "Fine."])
    0.75
    """
    plain = [" ".join(text.lower().split()) for text in texts]
    return len(set(plain)) / len(plain) if plain else 0.0
