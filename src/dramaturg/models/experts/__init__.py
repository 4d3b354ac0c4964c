"""Small experts that need no network: vectors, inference, abuse, quality, next turns.

What each of them gets wrong stands in its `card` and in docs/experts.md.
"""

from dramaturg.models.experts.embed import StaticEmbedder, lsa
from dramaturg.models.experts.minilm import MiniLM
from dramaturg.models.experts.negate import negate
from dramaturg.models.experts.nli import Judgement, PersonaNLI
from dramaturg.models.experts.nli_network import NetworkNLI
from dramaturg.models.experts.quality import QUALITIES, QualityExpert
from dramaturg.models.experts.ranker import Ranker
from dramaturg.models.experts.toxicity import ToxicityExpert

__all__ = [
    "QUALITIES",
    "Judgement",
    "MiniLM",
    "NetworkNLI",
    "PersonaNLI",
    "QualityExpert",
    "Ranker",
    "StaticEmbedder",
    "ToxicityExpert",
    "lsa",
    "negate",
]
