"""Quality with likelihood: nonsense costs coherency, the other qualities stay as they are."""

import asyncio

from dramaturg.models.experts import QualityExpert
from dramaturg.models.experts.likelihood import likely, likely_qualities, mean_likelihood

EXPERT = QualityExpert()
TALK = [
    (0, "Hi, how are you today?"),
    (1, "I am good, I just got back from walking my dog. How are you?"),
    (0, "I am great! I love dogs, what kind do you have?"),
    (1, "He is a golden retriever and he is two years old."),
]
SALAD = [(who, " ".join(reversed(text.split()))) for who, text in TALK]


def test_word_salad_is_less_likely_and_less_coherent() -> None:
    async def both() -> None:
        good = await likely_qualities(EXPERT, TALK)
        bad = await likely_qualities(EXPERT, SALAD)
        assert good["coherency"] > bad["coherency"] + 0.1

    asyncio.run(both())


def test_only_coherency_and_consistency_change() -> None:
    plain = EXPERT.qualities(TALK)
    found = asyncio.run(likely_qualities(EXPERT, TALK))

    changed = {name for name in plain if plain[name] != found[name]}
    assert changed == {"coherency", "consistency"}
    assert all(0.0 <= value <= 1.0 for value in found.values())


def test_nothing_said_is_as_unlikely_as_can_be() -> None:
    assert asyncio.run(mean_likelihood([])) == float("-inf")
    assert likely(float("-inf")) < 1e-9
    assert likely(0.0) > 0.99
