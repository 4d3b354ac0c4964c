"""The nouns. Immutable, with content-hash ids; JSON and Arrow round trips lose nothing."""

from dramaturg.records.arrow import from_arrow, schema_for, to_arrow
from dramaturg.records.conversation import Conversation, Grounding, Provenance, Speaker, Turn
from dramaturg.records.ids import canonical_json, content_id, derive_seed
from dramaturg.records.jsonl import from_json, to_json
from dramaturg.records.judgement import BadReply, Check, Comparison, Cost, Drop, Preference, Verdict
from dramaturg.records.people import Ensemble, Evidence, Fact, Pair, Persona, Scene, Triple
from dramaturg.records.relation import Relation

__all__ = [
    "BadReply",
    "Check",
    "Comparison",
    "Conversation",
    "Cost",
    "Drop",
    "Ensemble",
    "Evidence",
    "Fact",
    "Grounding",
    "Pair",
    "Persona",
    "Preference",
    "Provenance",
    "Relation",
    "Scene",
    "Speaker",
    "Triple",
    "Turn",
    "Verdict",
    "canonical_json",
    "content_id",
    "derive_seed",
    "from_arrow",
    "from_json",
    "schema_for",
    "to_arrow",
    "to_json",
]
