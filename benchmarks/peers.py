"""Dramaturg beside other tools on the same work: the harness's stub endpoint, workload and figures.

    python benchmarks/peers.py [--harness DIR] [--rounds 3] [--peers aiohttp_raw curator_ litellm_]

Runs ours alternately with the peers, server on one core and client on the other, and prints the
medians. Needs the harness folder (by default the one beside this checkout) and, for each peer, a
virtual environment that its `run_peers.sh` makes. `--write` puts the tables into
docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.tables import put

HERE = Path(__file__).resolve().parent
HARNESS = HERE.parents[1] / "shared" / "peers"
PAGE = HERE.parent / "docs" / "performance.md"
SETTINGS = ((0.2, 64, 2_000), (0.2, 256, 2_000), (1.0, 256, 2_000))
NAMES = {
    "dramaturg_": "Dramaturg",
    "aiohttp_raw": "bare aiohttp loop with a journal file",
    "openai_raw": "openai SDK, asyncio.gather",
    "curator_": "curator",
    "litellm_": "litellm",
}
ENVIRONMENTS = {
    "dramaturg_": "dramaturg",
    "aiohttp_raw": "harness",
    "openai_raw": "openai",
    "curator_": "curator",
    "litellm_": "litellm",
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--harness", type=Path, default=HARNESS)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--peers", nargs="*", default=["aiohttp_raw", "curator_", "litellm_"])
    options.add_argument("--kinds", nargs="*", default=["perf", "fault", "hang", "kill", "long"])
    options.add_argument("--only", default="", help="settings of kind perf, e.g. 0.2x64")
    options.add_argument("--write", action="store_true", help="put the tables into the docs")
    chosen = options.parse_args()
    if not (chosen.harness / "bench.py").is_file():
        sys.exit(f"there is no harness in {chosen.harness}: name its folder with --harness")
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(chosen.harness, Path(scratch))
        tables = [table for kind in chosen.kinds if (table := bench.table(kind, chosen))]
    text = "\n\n".join(tables)
    print(text)
    if chosen.write:
        put(PAGE, "peers", text)


class Bench:
    """The harness in a scratch folder, with our adapter among its own."""

    def __init__(self, harness: Path, scratch: Path) -> None:
        self.place = scratch / "harness"
        shutil.copytree(harness, self.place)
        for file in [self.place, *self.place.rglob("*")]:
            file.chmod(0o755)
        shutil.copy(HERE / "peers" / "dramaturg_.py", self.place / "peers")
        program = self.place / "bench.py"
        ours = '"dramaturg_": "dramaturg", "openai_raw": "openai"'
        program.write_text(program.read_text().replace('"openai_raw": "openai"', ours, 1))
        self.results = scratch / "results.jsonl"
        self.peers = Path(os.environ.get("PEERS_DIR", tempfile.gettempdir() + "/peers"))
        (self.peers / "work").mkdir(parents=True, exist_ok=True)
        link = self.peers / "dramaturg" / "venv"
        link.parent.mkdir(exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(sys.prefix)

    def run(self, kind: str, name: str, rep: int, *more: str) -> dict[str, Any]:
        """One measurement: the harness's own record of it."""
        here = [str(self.peers / "harness/venv/bin/python"), str(self.place / "bench.py")]
        asked = [kind, name, "--reps", "1", "--rep0", str(rep), "--results", str(self.results)]
        inside = 'ip link set lo up; exec "$@"'  # a network that holds nothing but this machine
        alone = ["unshare", "-n", "bash", "-c", inside, "_"]
        subprocess.run([*alone, *here, *asked, *more], check=True, stdout=sys.stderr)
        return dict(json.loads(self.results.read_text().splitlines()[-1]))

    def available(self, names: list[str]) -> list[str]:
        """Ours, and the peers that have an environment."""
        found = ["dramaturg_"]
        for name in names:
            if (self.peers / ENVIRONMENTS[name] / "venv" / "bin" / "python").exists():
                found.append(name)
            else:
                print(f"{name} has no environment: left out", file=sys.stderr)
        return found

    def table(self, kind: str, chosen: argparse.Namespace) -> str:
        return str(getattr(self, f"_{kind}")(chosen))

    def _perf(self, chosen: argparse.Namespace) -> str:
        names = self.available(chosen.peers)
        lines = [
            "| endpoint | client | efficiency, start-up included (min to max) | of the work alone "
            "| client CPU s per 1,000 calls | peak MB |",
            "|---|---|--:|--:|--:|--:|",
        ]
        for latency, slots, n in SETTINGS:
            if chosen.only not in f"{latency:g}x{slots}":
                continue
            found: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for rep in range(chosen.rounds):
                for name in names:
                    shape = ["--latency", str(latency), "--conc", str(slots), "--n", str(n)]
                    found[name].append(self.run("perf", name, rep, *shape))
            for name in names:
                whole = [row["eff_wall"] for row in found[name]]
                lines.append(
                    f"| {latency * 1000:g} ms x {slots}, {2 * n:,} calls | {NAMES[name]} "
                    f"| {_middle(whole):.3f} ({min(whole):.3f} to {max(whole):.3f}) "
                    f"| {_median(found[name], 'eff_work'):.3f} "
                    f"| {_median(found[name], 'cpu_per_1k'):.2f} "
                    f"| {_median(found[name], 'peak_mb'):.0f} |"
                )
        return "\n".join(lines)

    def _fault(self, chosen: argparse.Namespace) -> str:
        title = "5 % of calls answered 429 (Retry-After 1), 2 % of the judge's replies malformed"
        return self._faults(title, chosen, [])

    def _hang(self, chosen: argparse.Namespace) -> str:
        title = "the same, and 1 % of the calls never answered (ours alone: the others would hang)"
        lone = argparse.Namespace(**{**vars(chosen), "peers": []})
        return self._faults(title, lone, ["--phang", "0.01"])

    def _faults(self, title: str, chosen: argparse.Namespace, more: list[str]) -> str:
        lines = [
            f"{title}; 64 x 200 ms, 1,000 conversations and judgements:",
            "",
            "| client | efficiency of the work (min to max) | start-up included | rows lost "
            "| of these dropped with a reason | rows without a score | calls sent "
            "| longest wait for a reply, as a multiple of p99 |",
            "|---|--:|--:|--:|--:|--:|--:|--:|",
        ]
        for name in self.available(chosen.peers):
            rows = [
                self.run("fault", name, rep, "--n", "1000", *more) for rep in range(chosen.rounds)
            ]
            eff = [row["eff_work"] or 0.0 for row in rows]
            lost = sum(row["output"]["missing"] for row in rows)
            told = [row["client"].get("errors") for row in rows]
            dropped = sum(told) if name == "dramaturg_" else "-"
            whole = _median(rows, "eff_wall")
            unscored = sum(row["output"]["no_score"] for row in rows)
            calls = statistics.median(row["server"]["n"] for row in rows)
            waits = [
                row["client"]["longest_wait"] for row in rows if "longest_wait" in row["client"]
            ]
            lines.append(
                f"| {NAMES[name]} | {_middle(eff):.2f} ({min(eff):.2f} to {max(eff):.2f}) "
                f"| {whole:.2f} | {lost} of {1000 * len(rows):,} | {dropped} "
                f"| {unscored} of {1000 * len(rows):,} "
                f"| {calls:,.0f} | {f'{max(waits):.1f}' if waits else '-'} |"
            )
        return "\n".join(lines)

    def _kill(self, chosen: argparse.Namespace) -> str:
        lines = [
            "kill -9 when half of the calls were served, then the same again; 64 in flight:",
            "",
            "| client | finished calls repeated | rows lost | rows doubled |",
            "|---|--:|--:|--:|",
        ]
        for name in self.available(chosen.peers):
            rows = [self.run("kill", name, rep) for rep in range(chosen.rounds)]
            repeated = ", ".join(str(row["repeated"]) for row in rows)
            lost = sum(row["output"]["missing"] for row in rows)
            doubled = sum(row["output"]["duplicates"] for row in rows)
            lines.append(f"| {NAMES[name]} | {repeated} | {lost} | {doubled} |")
        return "\n".join(lines)

    def _long(self, chosen: argparse.Namespace) -> str:
        row = self.run(
            "perf", "dramaturg_", 0, "--latency", "0", "--conc", "64", "--n", "100000",
            "--timeout", "900",
        )  # fmt: skip
        return (
            f"100,000 conversations and 100,000 judgements at zero latency: {row['wall']:.0f} s, "
            f"{200_000 / row['wall']:,.0f} calls a second, peak memory {row['peak_mb']:.0f} MB, "
            f"rows lost {row['output']['missing']}."
        )


def _median(rows: list[dict[str, Any]], name: str) -> float:
    return _middle([row[name] for row in rows])


def _middle(values: list[float]) -> float:
    return float(statistics.median(values))


if __name__ == "__main__":
    main()
