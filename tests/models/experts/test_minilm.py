"""MiniLM without PyTorch: its tokenizer, rows that stand alone, an error that names the way out."""

import importlib.util

import numpy as np
import pytest

from dramaturg.errors import UserError
from dramaturg.models.blas import use_one_thread
from dramaturg.models.experts import minilm
from dramaturg.models.experts.minilm import MiniLM
from dramaturg.models.experts.wordpiece import WordPiece, plain

VOCABULARY = ["[CLS]", "[SEP]", "[UNK]", "dog", "##s", "a", "cafe", "!", "好", "un", "##do", "'"]
PIECES = WordPiece(VOCABULARY)
INSTALLED = importlib.util.find_spec(minilm.PACKAGE) is not None


def _said(text: str, most: int = 20) -> list[str]:
    return [VOCABULARY[i] for i in PIECES.encode(text, most)]


def test_a_word_is_cut_into_its_longest_known_pieces() -> None:
    assert _said("Undo dogs!") == ["[CLS]", "un", "##do", "dog", "##s", "!", "[SEP]"]


def test_accents_case_and_odd_spaces_do_not_matter() -> None:
    assert _said("CAFÉ\u00a0A\tdog\u200b") == ["[CLS]", "cafe", "a", "dog", "[SEP]"]


def test_an_ideograph_is_a_word_and_an_unknown_word_is_one_piece() -> None:
    assert _said("好好 zebra dogzebra") == ["[CLS]", "好", "好", "[UNK]", "[UNK]", "[SEP]"]


def test_a_long_text_is_cut_and_a_long_word_is_unknown() -> None:
    assert _said("dog " * 500, most=6) == ["[CLS]", "dog", "dog", "dog", "dog", "[SEP]"]
    assert _said("a" * 10_000) == ["[CLS]", "[UNK]", "[SEP]"]
    assert _said("") == ["[CLS]", "[SEP]"]


def test_marks_stand_alone() -> None:
    assert plain("don't (stop)…") == ["don", "'", "t", "(", "stop", ")", "…"]


def test_without_the_weights_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package_of_weights")
    minilm._loaded.cache_clear()

    with pytest.raises(UserError) as caught:
        MiniLM().embed(["I have a dog."])

    assert "dramaturg[minilm]" in str(caught.value.fix)
    assert "--no-deps" in str(caught.value.fix)
    minilm._loaded.cache_clear()


def _small() -> minilm._Network:
    """The same network with random weights and few words: the arithmetic does not know."""
    draw = np.random.default_rng(0)
    shapes = {
        "embeddings.word_embeddings.weight": (50, 384),
        "embeddings.position_embeddings.weight": (256, 384),
        "embeddings.token_type_embeddings.weight": (2, 384),
        "embeddings.LayerNorm.weight": (384,),
        "embeddings.LayerNorm.bias": (384,),
    }
    for number in range(minilm.LAYERS):
        at = f"encoder.layer.{number}."
        for name, out, into in (
            *((f"attention.self.{n}", 384, 384) for n in ("query", "key", "value")),
            ("attention.output.dense", 384, 384),
            ("intermediate.dense", 1536, 384),
            ("output.dense", 384, 1536),
        ):
            shapes |= {f"{at}{name}.weight": (out, into), f"{at}{name}.bias": (out,)}
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{at}{name}.weight": (384,), f"{at}{name}.bias": (384,)}
    return minilm._Network(
        {n: draw.normal(0, 0.05, shape).astype(np.float32) for n, shape in shapes.items()}
    )


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    use_one_thread()
    network = _small()
    draw = np.random.default_rng(1)
    coded = [draw.integers(0, 50, size=n).tolist() for n in (2, 70, 9, 33, 5, 64, 12)]

    together = network.sentences(coded)
    backwards = network.sentences(coded[::-1])[::-1]
    alone = np.concatenate([network.sentences([ids]) for ids in coded])

    assert together.tobytes() == alone.tobytes() == backwards.tobytes()
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)


@pytest.mark.skipif(not INSTALLED, reason="the weights of MiniLM are not installed (extra minilm)")
def test_the_shipped_weights_know_that_a_puppy_is_a_dog() -> None:
    near = MiniLM().similarity("I love dogs.", "My puppies are everything to me.")

    assert near == pytest.approx(0.53, abs=0.1)
    assert near > MiniLM().similarity("I love dogs.", "The bank opens at nine.") + 0.3
