"""Profiles: consistent people out of facts, and contradictions in given ones."""

from dramaturg.profile.audit import Audit, audit
from dramaturg.profile.compose import Composed, compose
from dramaturg.profile.consistent import Clash
from dramaturg.profile.negate import Negate, negate
from dramaturg.profile.style_card import style_cards

__all__ = [
    "Audit",
    "Clash",
    "Composed",
    "Negate",
    "audit",
    "compose",
    "negate",
    "style_cards",
]
