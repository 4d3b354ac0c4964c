"""Make the experts' artefacts, or reprint the figures of their cards.

dramaturg train experts --data DIR --out DIR    makes all artefacts
dramaturg train experts --report --data DIR     prints the figures; --out DIR keeps them
dramaturg train experts --network MODEL ...     the same for the larger inference expert; MODEL is a
                                                folder with the weights of all-MiniLM-L6-v2
"""

import argparse
import json
from collections.abc import Mapping, Sequence
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
from dramaturg.train.experts.vectors import save_vectors, train_vectors


def main(words: Sequence[str] | None = None) -> None:
    """Read the arguments, make or measure."""
    parser = argparse.ArgumentParser(prog="dramaturg train experts")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--out", type=Path, help="folder for the artefacts, or for cards.json")
    parser.add_argument("--report", action="store_true", help="measure instead of making")
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
        report(given.data, given.out)
    elif given.out is None:
        parser.error("--out is needed to make the artefacts")
    else:
        make(given.data, given.out)


def make(data: Path, out: Path) -> None:
    """Write vectors.npz, nli.json, toxicity.npz and human.json.

    The inference expert reads the cosine of the vectors that are installed: make the vectors,
    install them, then make the rest.
    """
    out.mkdir(parents=True, exist_ok=True)
    save_vectors(*train_vectors(training_texts(data)), out / "vectors.npz")
    save_inference(train_inference(data, StaticEmbedder()), out / "nli.json")
    save_toxicity(train_toxicity(data), out / "toxicity.npz")
    write_reference(train_human(data), out / "human.json")


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


def report(data: Path, out: Path | None) -> None:
    """Print every figure of the cards; with a folder, write cards.json there."""
    cards = {
        "embed": measure_embed(data),
        "nli": measure_nli(data),
        "toxicity": measure_toxicity(data),
        "quality": measure_quality(data),
    }
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
            where = "" if entry["split"] in name else f"; {entry['split']}"
            lines.append(f"| {name} | {shown} | {entry['n']:,} | {entry['unit']}{where} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
