"""Many continuations in one pass: the numbers of one at a time."""

import asyncio

import numpy as np

from dramaturg.models.embedded import writer

SAID = [(0, "Hi, how are you?"), (1, "Good! I have two dogs."), (0, "What do you do for a living?")]
NEXT = ["I am a teacher.", "I love pizza.", "Yes.", "I work with computers and I like it a lot."]


async def _one(text: str) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    return await writer.score(["I run."], ["I teach."], SAID, text, speaker=1)


def test_each_continuation_has_the_likelihood_of_its_own() -> None:
    async def both() -> None:
        each = await writer.score_each(["I run."], ["I teach."], SAID, NEXT, speaker=1)
        for text, found in zip(NEXT, each, strict=True):
            assert np.allclose(found, await _one(text), atol=2e-4)

    asyncio.run(both())


def test_a_likelihood_does_not_depend_on_the_other_continuations() -> None:
    async def runs() -> None:
        args = (["I run."], ["I teach."], SAID)
        each = await writer.score_each(*args, NEXT, speaker=1)
        for text, found in zip(NEXT, each, strict=True):
            alone = await writer.score_each(*args, [text], speaker=1)
            assert alone[0].tobytes() == found.tobytes()
        assert await writer.score_each(*args, [], speaker=1) == []

    asyncio.run(runs())


def test_the_turns_of_a_conversation_have_the_likelihoods_of_one_at_a_time() -> None:
    async def both() -> None:
        turns = [*SAID, (1, NEXT[0])]
        found = await writer.score_turns(["I run."], ["I teach."], turns)
        assert len(found) == 4
        last = await writer.score(["I run."], ["I teach."], SAID, NEXT[0], speaker=1)
        assert np.allclose(found[3], last[:-1], atol=2e-4)
        assert await writer.score_turns([], [], []) == []

    asyncio.run(both())


def test_what_does_not_fit_the_context_is_left_out_at_the_end() -> None:
    long = [(i % 2, "I like to walk my dog in the park near the river. " * 8) for i in range(30)]

    found = asyncio.run(writer.score_turns([], [], long))

    assert 1 <= len(found) < 30
