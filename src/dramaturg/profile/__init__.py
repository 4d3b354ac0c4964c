"""Profiles: consistent people out of facts, contradictions in given ones, and what time changes."""

from dramaturg.profile.audit import Audit, audit
from dramaturg.profile.beyond import nearest_fact
from dramaturg.profile.change import Proposal, Updated, apply, as_of, changed
from dramaturg.profile.compose import Composed, compose
from dramaturg.profile.consistent import Clash
from dramaturg.profile.construct import construct, made_up, told
from dramaturg.profile.evidence import find_span
from dramaturg.profile.evolve import (
    PERIODS,
    begin_life,
    count_changes,
    evolve,
    live,
    span,
    whole_life,
)
from dramaturg.profile.extract import extract
from dramaturg.profile.follow import follow, noted, updated, values_by_key
from dramaturg.profile.invent import VALUES, invent
from dramaturg.profile.negate import Negate, negate
from dramaturg.profile.persona_of import persona_of
from dramaturg.profile.plan import KINDS, Kind, Planned, note, plain_note, plan
from dramaturg.profile.representative import representative
from dramaturg.profile.retrieve import (
    FactPool,
    Retrieved,
    contradicts_any,
    fact_pool,
    relevance,
    retrieve_fact,
    same_words,
)
from dramaturg.profile.second_person import names, needs_rewriting, second_person
from dramaturg.profile.style_card import style_cards
from dramaturg.profile.subject import is_subject
from dramaturg.profile.tell import tell
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
from dramaturg.profile.update import update
from dramaturg.profile.views import VIEWS, show

__all__ = [
    "BIG_FIVE",
    "KINDS",
    "PERIODS",
    "VALUES",
    "VIEWS",
    "Audit",
    "Clash",
    "Composed",
    "FactPool",
    "Kind",
    "Negate",
    "Planned",
    "Pole",
    "Proposal",
    "Retrieved",
    "Updated",
    "apply",
    "as_of",
    "audit",
    "begin_life",
    "changed",
    "compose",
    "construct",
    "contradicts_any",
    "count_changes",
    "draw_topics",
    "evolve",
    "extract",
    "fact_pool",
    "facts_of",
    "find_span",
    "follow",
    "in_order",
    "invent",
    "is_subject",
    "linked",
    "live",
    "load_topics",
    "made_up",
    "names",
    "nearest_fact",
    "needs_rewriting",
    "negate",
    "note",
    "noted",
    "path",
    "person_as_of",
    "persona_of",
    "plain_note",
    "plan",
    "poles",
    "read_date",
    "relevance",
    "representative",
    "retrieve_fact",
    "same_words",
    "second_person",
    "show",
    "span",
    "state_on",
    "style_cards",
    "tell",
    "told",
    "traits_shown",
    "update",
    "updated",
    "values_by_key",
    "whole_life",
    "with_timeline",
]
