"""The plain Python tokenizer."""

from __future__ import annotations

import pytest

from dramaturg.models.embedded.bpe import Bpe
from dramaturg.models.embedded.formats import FIRST_BYTE
from dramaturg.models.embedded.shipped import SHIPPED, read_bpe

TEXTS = [
    "",
    " ",
    "I've two dogs, and I don't like cats!",
    "  leading and  double   spaces ",
    "line\nbreaks\r\n\tand tabs",
    "naïve café — “quotes” … 日本語 🎻👩‍🔬 e\u0301",
    "<say> <fact> User 1: [user 2's name] <eos>",
    "1234567890 3.14 $5.00 50%",
    "null\x00byte and \x7f",
    "a" * 10_000,
]


@pytest.fixture(scope="module")
def bpe() -> Bpe:
    return read_bpe()


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_comes_back_unchanged(bpe: Bpe, text: str) -> None:
    assert bpe.decode(bpe.encode(text)) == text


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_becomes_a_control_token(bpe: Bpe, text: str) -> None:
    assert all(token >= FIRST_BYTE for token in bpe.encode(text))


def test_a_lone_surrogate_is_replaced_and_does_not_raise(bpe: Bpe) -> None:
    assert bpe.decode(bpe.encode("a\ud800b")) == "a?b"


def test_the_ids_are_those_of_the_tokenizers_library(bpe: Bpe) -> None:
    pytest.importorskip("tokenizers", reason="the tokenizers library comes with the extra `train`")
    from dramaturg.train.embedded.tokenizer import fast_tokenizer

    lines = (SHIPPED / "merges.txt").read_text().splitlines()
    merges = [(int(a), int(b)) for a, b in (line.split() for line in lines)]
    fast = fast_tokenizer(merges)
    for text in TEXTS[:-1]:
        assert fast.encode(" " + text).ids == bpe.encode(text)
