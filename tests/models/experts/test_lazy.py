"""Importing the experts opens no artefact; every expert carries its card."""

import subprocess
import sys

from dramaturg.models.experts import (
    NetworkNLI,
    PersonaNLI,
    QualityExpert,
    StaticEmbedder,
    ToxicityExpert,
)

_PROBE = """
import builtins, io, sys
opened = []
def hook(event, args):
    if event == "open" and "experts" in str(args[0]) and "data" in str(args[0]):
        opened.append(args[0])
sys.addaudithook(hook)
import dramaturg.models.experts as experts
experts.StaticEmbedder(), experts.PersonaNLI(), experts.ToxicityExpert(), experts.QualityExpert()
experts.NetworkNLI()
assert not opened, opened
"""


def test_importing_and_making_them_reads_no_artefact() -> None:
    done = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def test_every_expert_says_its_name_version_and_errors() -> None:
    for expert in (
        StaticEmbedder(),
        PersonaNLI(),
        NetworkNLI(),
        ToxicityExpert(),
        QualityExpert(),
    ):
        assert expert.name
        assert expert.version
        assert len(expert.card) > 0
        assert all({"value", "n", "unit", "split"} <= set(e) for e in expert.card.values())
