"""Train the byte-fallback BPE, and encode the corpus fast while training.

The plain Python twin that ships is `dramaturg.models.embedded.bpe`; both give the same ids.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from dramaturg.models.embedded.formats import FIRST_BYTE
from dramaturg.models.embedded.words import PATTERN


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> list[tuple[int, int]]:
    """Learn the merges; each is a pair of token ids, the n-th makes id `FIRST_BYTE + 256 + n`.

    Args:
        texts: Training text; the caller puts a space before each as `encode` does.
        vocabulary: Ids in all, control tokens and bytes included.
    """
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet(), key=_byte_order().__getitem__)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = _split()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - FIRST_BYTE, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    state = json.loads(tokenizer.to_str())["model"]
    ids = {symbol: FIRST_BYTE + byte for symbol, byte in _byte_order().items()}
    merges = []
    for number, (left, right) in enumerate(state["merges"]):
        merges.append((ids[left], ids[right]))
        ids.setdefault(left + right, FIRST_BYTE + 256 + number)
    return merges


def fast_tokenizer(merges: list[tuple[int, int]]) -> Tokenizer:
    """The tokenizers-library form of the merges, with the same ids."""
    symbols = {FIRST_BYTE + byte: symbol for symbol, byte in _byte_order().items()}
    for number, (left, right) in enumerate(merges):
        symbols[FIRST_BYTE + 256 + number] = symbols[left] + symbols[right]
    vocabulary = {symbol: number for number, symbol in symbols.items()}
    pairs = [(symbols[left], symbols[right]) for left, right in merges]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=pairs))
    tokenizer.pre_tokenizer = _split()
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def save_merges(merges: list[tuple[int, int]], path: Path) -> None:
    """One merge a line: two ids."""
    path.write_text("".join(f"{left} {right}\n" for left, right in merges), encoding="ascii")


def read_merges(path: Path) -> list[tuple[int, int]]:
    """What `save_merges` wrote."""
    lines = path.read_text(encoding="ascii").splitlines()
    return [(int(left), int(right)) for left, right in (line.split() for line in lines)]


def _split() -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )


def _byte_order() -> dict[str, int]:
    """The library's printable stand-in of each byte."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in printable]
    stand_ins = {chr(byte): byte for byte in printable}
    return stand_ins | {chr(256 + number): byte for number, byte in enumerate(rest)}
