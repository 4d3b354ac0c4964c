"""Profiles: consistent people out of facts, contradictions in given ones, and what time changes."""

from dramaturg.profile.audit import Audit, audit
from dramaturg.profile.compose import Composed, compose
from dramaturg.profile.consistent import Clash
from dramaturg.profile.evolve import (
    PERIODS,
    begin_life,
    count_changes,
    evolve,
    live,
    span,
    whole_life,
)
from dramaturg.profile.negate import Negate, negate
from dramaturg.profile.representative import representative
from dramaturg.profile.timeline import (
    facts_of,
    in_order,
    linked,
    path,
    person_as_of,
    read_date,
    state_on,
    with_timeline,
)
from dramaturg.profile.topics import draw_topics, load_topics
from dramaturg.profile.trait_filter import traits_shown
from dramaturg.profile.traits import BIG_FIVE, Pole, poles
from dramaturg.profile.views import VIEWS, show

__all__ = [
    "BIG_FIVE",
    "PERIODS",
    "VIEWS",
    "Audit",
    "Clash",
    "Composed",
    "Negate",
    "Pole",
    "audit",
    "begin_life",
    "compose",
    "count_changes",
    "draw_topics",
    "evolve",
    "facts_of",
    "in_order",
    "linked",
    "live",
    "load_topics",
    "negate",
    "path",
    "person_as_of",
    "poles",
    "read_date",
    "representative",
    "show",
    "span",
    "state_on",
    "traits_shown",
    "whole_life",
    "with_timeline",
]
