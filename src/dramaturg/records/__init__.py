"""The nouns. Immutable, with content-hash ids; JSON and Arrow round trips lose nothing."""

from dramaturg.records.arrow import from_arrow, schema_for, to_arrow
from dramaturg.records.conversation import Conversation, Grounding, Provenance, Speaker, Turn
from dramaturg.records.ids import canonical_json, content_id, derive_seed
from dramaturg.records.jsonl import from_json, to_json
from dramaturg.records.judgement import BadReply, Check, Comparison, Cost, Drop, Preference, Verdict
from dramaturg.records.people import Ensemble, Evidence, Fact, Pair, Persona, Scene, Triple
from dramaturg.records.question import LETTERS, OptionQuestion
from dramaturg.records.relation import Relation
from dramaturg.records.timeline import Event, Stance, plain_thing

__all__ = [
    "LETTERS",
    "BadReply",
    "Check",
    "Comparison",
    "Conversation",
    "Cost",
    "Drop",
    "Ensemble",
    "Event",
    "Evidence",
    "Fact",
    "Grounding",
    "OptionQuestion",
    "Pair",
    "Persona",
    "Preference",
    "Provenance",
    "Relation",
    "Scene",
    "Speaker",
    "Stance",
    "Triple",
    "Turn",
    "Verdict",
    "canonical_json",
    "content_id",
    "derive_seed",
    "from_arrow",
    "from_json",
    "plain_thing",
    "schema_for",
    "to_arrow",
    "to_json",
]
