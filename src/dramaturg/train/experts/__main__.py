"""Make the experts' artefacts, or reprint the figures of their cards.

dramaturg train experts --data DIR --out DIR    makes all artefacts
dramaturg train experts --report --data DIR     prints the figures; --out DIR keeps them
dramaturg train experts --network MODEL ...     the same for the larger inference expert; MODEL is a
                                                folder with the weights of all-MiniLM-L6-v2
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dramaturg.errors import UserError
from dramaturg.models.experts.embed import StaticEmbedder
from dramaturg.scorers.naturalness import write_reference
from dramaturg.train.experts.abuse import save_toxicity, train_toxicity
from dramaturg.train.experts.data import training_texts
from dramaturg.train.experts.human import train_human
from dramaturg.train.experts.inference import save_inference, train_inference
from dramaturg.train.experts.measure import (
    measure_embed,
    measure_nli,
    measure_quality,
    measure_toxicity,
)
from dramaturg.train.experts.measure_ranking import measure_ranker
from dramaturg.train.experts.measure_vectors import compare_vectors
from dramaturg.train.experts.ranking import save_ranker, train_ranker
from dramaturg.train.experts.usual import save_usual, usual_likelihood
from dramaturg.train.experts.vectors import save_vectors, train_vectors

EXPERTS = ("embed", "nli", "toxicity", "quality", "ranker")
MADE = (*EXPERTS, "likelihood")


def main(words: Sequence[str] | None = None) -> None:
    """Read the arguments, make or measure."""
    parser = argparse.ArgumentParser(prog="dramaturg train experts")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--out", type=Path, help="folder for the artefacts, or for cards.json")
    parser.add_argument("--report", action="store_true", help="measure instead of making")
    parser.add_argument(
        "--only", choices=MADE, help="make or measure this one alone; cards.json keeps the rest"
    )
    parser.add_argument(
        "--minilm", action="store_true", help="with --report: MiniLM too (the extra minilm)"
    )
    parser.add_argument(
        "--likelihoods",
        type=int,
        default=0,
        metavar="N",
        help="also N questions of the ranker to the embedded language model (seconds each)",
    )
    parser.add_argument(
        "--network",
        type=Path,
        nargs="?",
        const=Path(),
        help="the larger inference expert, and the folder of the encoder that it starts from",
    )
    parser.add_argument("--talks", type=int, default=500, help="conversations for false alarms")
    parser.add_argument("--plants", type=int, default=500, help="planted faults of each kind")
    parser.add_argument("--pairs", type=int, default=1579, help="pairs of persona-nli valid")
    given = parser.parse_args(words)
    if given.report and given.network is not None:
        report_network(given.data, given.out, given.talks, given.plants, given.pairs)
    elif given.network is not None:
        if given.out is None:
            parser.error("--out is needed to make the network")
        network(given.data, given.network, given.out, given.talks)
    elif given.report:
        if given.only not in (None, *EXPERTS):
            parser.error(f"{given.only} has no card of its own: its figures are those of quality")
        report(given.data, given.out, given.only, given.minilm, given.likelihoods)
    elif given.out is None:
        parser.error("--out is needed to make the artefacts")
    else:
        make(given.data, given.out, given.only, given.likelihoods)


def make(data: Path, out: Path, only: str | None = None, likelihoods: int = 0) -> None:
    """Write vectors.npz, nli.json, toxicity.npz, human.json, ranker.npz, ranker.json and
    likelihood.json (to be made again when the language model changes).

    The inference expert and the ranker read the vectors that are installed: make the vectors,
    install them, then make the rest.

    Args:
        only: The one expert to make; None for all.
        likelihoods: Questions from which the ranker's weights beside likelihoods are learnt.
    """
    out.mkdir(parents=True, exist_ok=True)
    makers: dict[str, Callable[[], None]] = {
        "embed": lambda: save_vectors(*train_vectors(training_texts(data)), out / "vectors.npz"),
        "nli": lambda: save_inference(train_inference(data, StaticEmbedder()), out / "nli.json"),
        "toxicity": lambda: save_toxicity(train_toxicity(data), out / "toxicity.npz"),
        "quality": lambda: write_reference(train_human(data), out / "human.json"),
        "likelihood": lambda: save_usual(usual_likelihood(data), out / "likelihood.json"),
        "ranker": lambda: save_ranker(*train_ranker(data, likelihoods), out),
    }
    for name in [only] if only else MADE:
        makers[name]()


def network(data: Path, encoder: Path, out: Path, talks: int) -> None:
    """Train the network of the larger inference expert; raises UserError without PyTorch."""
    try:
        from dramaturg.train.experts.make_network import make_network
    except ImportError as error:
        raise UserError(
            "training the inference network needs PyTorch, which is not installed",
            why=str(error),
            fix="pip install 'dramaturg[train]'",
        ) from error
    make_network(data, encoder, out, talks=talks)


def report_network(data: Path, out: Path | None, talks: int, plants: int, pairs: int) -> None:
    """Print the figures of the card `nli-network`; with a folder, put them into its cards.json."""
    from dramaturg.train.experts.measure_network import measure_network

    figures = {"nli-network": measure_network(data, talks, plants, pairs)}
    print(tables(figures))
    if out is not None:
        path = out / "cards.json"
        cards = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        text = json.dumps(cards | figures, indent=1, ensure_ascii=False) + "\n"
        path.write_text(text, encoding="utf-8")


def report(
    data: Path,
    out: Path | None,
    only: str | None = None,
    minilm: bool = False,
    likelihoods: int = 0,
) -> None:
    """Print every figure of the cards; with a folder, write cards.json there.

    Args:
        only: The one expert to measure; the file's other cards are kept.
    """
    measures: dict[str, Callable[[], dict[str, Any]]] = {
        "embed": lambda: {**measure_embed(data), **compare_vectors(data, minilm)},
        "nli": lambda: measure_nli(data),
        "toxicity": lambda: measure_toxicity(data),
        "quality": lambda: measure_quality(data),
        "ranker": lambda: measure_ranker(data, likelihoods),
    }
    cards = {name: measures[name]() for name in ([only] if only else EXPERTS)}
    print(tables(cards))
    if out is not None:
        path = out / "cards.json"
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        text = json.dumps(kept | cards, indent=1, ensure_ascii=False) + "\n"
        path.write_text(text, encoding="utf-8")


def tables(cards: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """The cards as Markdown, one table an expert: what docs/experts.md shows."""
    parts = []
    for expert, figures in cards.items():
        lines = [f"### {expert}", "", "| figure | value | n | unit |", "| --- | --- | --- | --- |"]
        for name, entry in figures.items():
            shown = f"{entry['value']:.3f}"
            if "few short turns" in entry:
                shown += (
                    f" (few short turns {entry['few short turns']:.3f},"
                    f" words of the human {entry['words of the human']:.3f})"
                )
            if "hits@5" in entry:
                shown += f" (hits@5 {entry['hits@5']:.3f}, MRR {entry['mean reciprocal rank']:.3f})"
            where = "" if entry["split"] in name else f"; {entry['split']}"
            lines.append(f"| {name} | {shown} | {entry['n']:,} | {entry['unit']}{where} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
