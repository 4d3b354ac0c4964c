"""Profiles: consistent people out of facts; keys and values with evidence, kept up to date."""

from dramaturg.profile.audit import Audit, audit
from dramaturg.profile.beyond import nearest_fact
from dramaturg.profile.change import Proposal, Updated, apply, as_of, changed
from dramaturg.profile.compose import Composed, compose
from dramaturg.profile.consistent import Clash
from dramaturg.profile.construct import construct, made_up, told
from dramaturg.profile.evidence import find_span
from dramaturg.profile.extract import extract
from dramaturg.profile.follow import follow, noted, updated, values_by_key
from dramaturg.profile.invent import VALUES, invent
from dramaturg.profile.negate import Negate, negate
from dramaturg.profile.persona_of import persona_of
from dramaturg.profile.plan import KINDS, Kind, Planned, note, plain_note, plan
from dramaturg.profile.retrieve import (
    FactPool,
    Retrieved,
    contradicts_any,
    fact_pool,
    relevance,
    retrieve_fact,
    same_words,
)
from dramaturg.profile.subject import is_subject
from dramaturg.profile.tell import tell
from dramaturg.profile.update import update

__all__ = [
    "KINDS",
    "VALUES",
    "Audit",
    "Clash",
    "Composed",
    "FactPool",
    "Kind",
    "Negate",
    "Planned",
    "Proposal",
    "Retrieved",
    "Updated",
    "apply",
    "as_of",
    "audit",
    "changed",
    "compose",
    "construct",
    "contradicts_any",
    "extract",
    "fact_pool",
    "find_span",
    "follow",
    "invent",
    "is_subject",
    "made_up",
    "nearest_fact",
    "negate",
    "note",
    "noted",
    "persona_of",
    "plain_note",
    "plan",
    "relevance",
    "retrieve_fact",
    "same_words",
    "tell",
    "told",
    "update",
    "updated",
    "values_by_key",
]
