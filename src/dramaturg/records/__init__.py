"""The nouns. Immutable, with content-hash ids; JSON and Arrow round trips lose nothing."""

from dramaturg.records.arrow import from_arrow, schema_for, to_arrow
from dramaturg.records.conversation import Conversation, Grounding, Provenance, Speaker, Turn
from dramaturg.records.ids import canonical_json, content_id, derive_seed
from dramaturg.records.jsonl import from_json, to_json
from dramaturg.records.judgement import BadReply, Check, Comparison, Cost, Drop, Preference, Verdict
from dramaturg.records.out_of_profile import ExtendedProfile, OutOfProfile
from dramaturg.records.people import Ensemble, Evidence, Fact, Pair, Persona, Scene, Triple
from dramaturg.records.profile import (
    Attribute,
    Change,
    Op,
    Profile,
    ProfileText,
    ProfileUpdate,
    Span,
)
from dramaturg.records.question import LETTERS, OptionQuestion
from dramaturg.records.relation import Relation
from dramaturg.records.timeline import Event, Stance, plain_thing
from dramaturg.records.values import (
    KEYS,
    Key,
    has_spaces,
    key_of,
    normal_value,
    same_value,
    stands_in,
    values_in,
)

__all__ = [
    "KEYS",
    "LETTERS",
    "Attribute",
    "BadReply",
    "Change",
    "Check",
    "Comparison",
    "Conversation",
    "Cost",
    "Drop",
    "Ensemble",
    "Event",
    "Evidence",
    "ExtendedProfile",
    "Fact",
    "Grounding",
    "Key",
    "Op",
    "OptionQuestion",
    "OutOfProfile",
    "Pair",
    "Persona",
    "Preference",
    "Profile",
    "ProfileText",
    "ProfileUpdate",
    "Provenance",
    "Relation",
    "Scene",
    "Span",
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
    "has_spaces",
    "key_of",
    "normal_value",
    "plain_thing",
    "same_value",
    "schema_for",
    "stands_in",
    "to_arrow",
    "to_json",
    "values_in",
]
