"""A profile as a persona: each value a first-person fact that keeps its evidence and validity."""

from __future__ import annotations

from dramaturg.records import Attribute, Evidence, Fact, Persona, Profile, Triple, key_of

_SAID = {
    "name": "My name is {}.",
    "birth_date": "I was born on {}.",
    "birth_place": "I was born in {}.",
    "residence": "I live in {}.",
    "nationality": "I am {}.",
    "occupation": "My occupation is {}.",
    "employer": "I work for {}.",
    "education": "My education: {}.",
    "spouse": "I am married to {}.",
    "pets": "I have {}.",
    "languages": "I speak {}.",
    "hobbies": "One of my hobbies is {}.",
    "children": "My child is called {}.",
    "awards": "I received this award: {}.",
}


def persona_of(profile: Profile, *, source: str = "", past: bool = False) -> Persona:
    """The person as sentences, in the order of the profile.

    Args:
        past: Also what holds no longer, as facts of the status "superseded"; they are not true
            now, so leave them out where the person is to talk.
    """
    held = [(a, "new" if a.evidence else "seed") for a in profile.attributes]
    held += [(a, "superseded") for a in profile.past] if past else []
    facts = tuple(_fact(profile.name, attribute, status) for attribute, status in held)
    return Persona(facts=facts, name=profile.name, source=source)


def _fact(name: str, one: Attribute, status: str) -> Fact:
    key = key_of(one.key).name
    pattern = _SAID.get(key, f"My {key.replace('_', ' ')}: {{}}.")
    return Fact(
        text=pattern.replace("{}", one.value.rstrip(".")),
        category=key,
        triple=Triple(subject=name, relation=key, object=one.value),
        provider=one.provider,
        evidence=tuple(Evidence(document=s.document or None, note=s.text) for s in one.evidence),
        valid_from=one.valid_from,
        valid_to=one.valid_to,
        status=status,
    )
