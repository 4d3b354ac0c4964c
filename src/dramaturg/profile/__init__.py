"""Profiles: consistent people out of facts, and contradictions in given ones."""

from dramaturg.profile.audit import Audit, audit
from dramaturg.profile.compose import Composed, compose
from dramaturg.profile.consistent import Clash
from dramaturg.profile.negate import Negate, negate
from dramaturg.profile.representative import representative
from dramaturg.profile.trait_filter import traits_shown
from dramaturg.profile.traits import BIG_FIVE, Pole, poles
from dramaturg.profile.views import VIEWS, show

__all__ = [
    "BIG_FIVE",
    "VIEWS",
    "Audit",
    "Clash",
    "Composed",
    "Negate",
    "Pole",
    "audit",
    "compose",
    "negate",
    "poles",
    "representative",
    "show",
    "traits_shown",
]
