"""Proofs of big5-chat: keys, orders, states, decoding, loops, clean lines, opposite levels."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from dramaturg import generate, scorers
from dramaturg.errors import UserError
from dramaturg.evaluate import inventory
from dramaturg.evaluate.inventory import Answer, Inventory, Item, Read, ScaleScore, load_inventory
from dramaturg.models import Call, ScriptedModel
from dramaturg.proofs.proof import hold, proof
from dramaturg.recipes.traits_made import opposites
from dramaturg.records import Conversation, Preference, Provenance, Speaker, Turn

NAME = "big5-chat"
Score = Callable[[Inventory, Mapping[str, int]], Mapping[str, ScaleScore]]
Administer = Callable[..., Awaitable[list[Answer]]]
ReadAnswer = Callable[[str, Sequence[str]], Read]
HeldOut = Callable[[Inventory, Iterable[str]], tuple[Inventory, tuple[Item, ...]]]
Mix = Callable[..., Any]
Decode = Callable[..., Any]
Guard = Callable[..., scorers.Degeneration]


@proof(NAME, "reversed items are turned round: answering 5 everywhere gives a balanced scale 3")
def reversed_items(score: Score = inventory.score) -> str:
    ipip = load_inventory("ipip-50")
    found = {}
    for value in (1, 5):
        scales = score(ipip, {item.id: value for item in ipip.items})
        found[value] = {name: round(scale.mean, 6) for name, scale in scales.items()}
    balanced = found[1]["extraversion"], found[5]["extraversion"]
    hold(balanced == (3.0, 3.0), f"extraversion, 5 of 10 reversed: {balanced} of all 1, all 5")
    lopsided = found[1]["neuroticism"], found[5]["neuroticism"]
    hold(lopsided == (1.8, 4.2), f"neuroticism, 2 of 10 reversed: {lopsided} of all 1, all 5")
    return "ipip-50, 5 everywhere: extraversion 3.0 (5 of 10 reversed), neuroticism 4.2 (2 of 10)"


@proof(NAME, "options are shown in other orders and read back: words count, places do not")
async def shuffled_options(administer: Administer = inventory.administer) -> str:
    ipip = load_inventory("ipip-50")

    def means(call: Call) -> str:
        lines = call.messages[-1].content.splitlines()
        return next(line[0] for line in lines if line[3:] == "moderately accurate")

    words = await administer(ScriptedModel(by_task={"inventory.answer": means}), ipip,
                             draws=2, seed=13)  # fmt: skip
    values = {one.value for one in words}
    hold(values == {4}, f"'moderately accurate' was read as {sorted(map(str, values))}, not as 4")
    first = await administer(ScriptedModel(by_task={"inventory.answer": "A"}), ipip,
                             draws=2, seed=13)  # fmt: skip
    orders = {one.order for one in first}
    hold(len(orders) > 10, f"only {len(orders)} orders were shown")
    mean = sum(one.value or 0 for one in first) / len(first)
    hold(abs(mean - 3) < 1e-9, f"always the first place gives {mean:.2f}, not the midpoint")
    return f"100 answers, {len(orders)} orders: 'moderately accurate' 4.00, always A 3.00"


@proof(NAME, "what names no option is a state of its own, and never a number")
def no_number_from_nothing(read: ReadAnswer = inventory.read_answer) -> str:
    shown = ["very inaccurate", "moderately inaccurate", "very accurate"]
    planted = {
        "As an AI I have no personality, so A to C do not apply.": "refused",
        "I cannot answer that for myself.": "refused",
        "A or B, it depends.": "hedged",
        "Between B and C": "hedged",
        "A lot of people would say so.": "unparsed",
        "3": "unparsed",
        "C. very inaccurate": "unparsed",
        "": "unparsed",
    }
    for reply, state in planted.items():
        one = read(reply, shown)
        hold(one.place is None, f"{reply!r} was read as option {one.place}")
        hold(one.state == state, f"{reply!r} is {one.state}, not {state}")
    for reply, place in (("B", 1), ("(c)", 2), ("**A.** very inaccurate", 0), ("very accurate", 2)):
        hold(read(reply, shown).place == place, f"{reply!r} does not name option {place}")
    return f"{len(planted)} replies without an option: 2 refused, 2 hedged, 4 unparsed, 0 numbers"


@proof(NAME, "the back-test asks in other words: items that stand in a prompt are set aside")
def other_words(held_out: HeldOut = inventory.held_out) -> str:
    ipip = load_inventory("ipip-50")
    prompt = "You feel comfortable around people. You leave your belongings around, and you worry."
    kept, said = held_out(ipip, [prompt])
    texts = sorted(item.text for item in said)
    wanted = ["Feel comfortable around people.", "Leave my belongings around."]
    hold(texts == wanted, f"set aside: {texts}, in the prompt: {wanted}")
    hold(len(kept.items) == 48, f"{len(kept.items)} items are left of 50")
    return "2 of 50 items stand in the prompt, one of them turned to 'your': 48 are asked"


@proof(NAME, "alpha 0 is the base to the last bit, also where the expert rules a token out")
def alpha_nothing(mix: Mix = generate.mix_logits) -> str:
    import numpy as np

    base = np.array([0.1, -2.5, -np.inf, 3.3])
    expert = np.array([-np.inf, 7.0, 1e6, -1.0])
    with np.errstate(invalid="ignore", divide="ignore"):
        mixed = mix(base, expert, alpha=0.0)
    hold(np.array_equal(mixed, base), f"alpha 0 turned {base.tolist()} into {mixed.tolist()}")
    return "4 logits, one ruled out on either side: unchanged"


@proof(NAME, "tokens that the base rules out stay out, and none becomes certain by an anti-expert")
def banned_stays_banned(mix: Mix = generate.mix_logits) -> str:
    import numpy as np

    base = np.array([0.0, -np.inf, 1.0])
    with np.errstate(invalid="ignore", divide="ignore"):
        pulled = mix(base, np.array([0.0, 50.0, -1.0]), alpha=4.0)
        pushed = mix(base, np.zeros(3), np.array([1.0, 0.0, -np.inf]), alpha=1.0)
    hold(pulled[1] == -np.inf, f"the expert brought back a token: {pulled.tolist()}")
    hold(np.isfinite(pushed[[0, 2]]).all(), f"no number came of an anti-expert: {pushed.tolist()}")
    return "expert at alpha 4, anti-expert at 1: 1 of 3 tokens ruled out before and after"


@proof(NAME, "models with different vocabularies are refused, also where only the words differ")
def one_vocabulary(decode: Decode = generate.decode_mix) -> str:
    for other in (["a", "b"], ["a", "b", "c", "d"], ["a", "c", "b"]):
        try:
            said = decode(_Toy(["a", "b", "c"]), _Toy(other), alpha=0.5, prompt=[0],
                          expert_prompt=[0], end=1, max_tokens=3)  # fmt: skip
        except UserError:
            continue
        except (ValueError, IndexError) as error:
            hold(False, f"a vocabulary {other} ends in {type(error).__name__}: {error}")
        hold(False, f"['a', 'b', 'c'] was mixed with {other}: {said.text!r}")
    return "3 of 3 refused: shorter, longer, and the same size in another order"


@proof(
    NAME, "the expert reads its own prompt and the reply so far, and nothing of the base's prompt"
)
def own_prompt(decode: Decode = generate.decode_mix) -> str:
    base, expert = _Toy(["a", "b", "c"]), _Toy(["a", "b", "c"])
    decode(base, expert, alpha=0.5, prompt=[0, 0], expert_prompt=[1], end=1, max_tokens=3)
    hold(base.read == [[0, 0], [0, 0, 2], [0, 0, 2, 2]], f"the base read {base.read}")
    hold(expert.read == [[1], [1, 2], [1, 2, 2]], f"the expert read {expert.read}")
    return "3 steps: the base's prompt of 2 tokens and the expert's of 1, each with the reply"


@proof(NAME, "the guard flags answers in loops and passes sound ones, few or many")
def loops_are_seen(guard: Guard = scorers.degeneration) -> str:
    sound = _sound(40)
    loop = "I am so glad that you told me this and I am so glad that you told me this and "
    looped = [f"{text} {loop * 14}" if n % 2 else text for n, text in enumerate(sound)]
    for name, texts, flagged in (
        ("40 sound answers", sound, False),
        ("14 of them", sound[:14], False),
        ("every second one in a loop", looped, True),
        ("14 of those", looped[:14], True),
    ):
        found = guard(texts, reference=sound[:20])
        hold(found.flagged is flagged, f"{name}: flagged is {found.flagged}, {found.reasons}")
    few, many = guard(sound[:14]), guard(sound)
    hold(few.tokens == many.tokens, "sets of different size are compared at different lengths")
    return f"distinct-2 {many.distinct_2:.2f} sound, {guard(looped).distinct_2:.2f} in loops"


@proof(NAME, "actions and asides are taken out of a line, and nothing that is spoken")
def only_speech(spoken: Callable[..., str] = generate.spoken) -> str:
    for reply, wanted in (
        ("*sighs* Fine. *turns away* See you (maybe) tomorrow.", "Fine. See you tomorrow."),
        ('Ben: "Fine."', "Fine."),
        ("That is 3 * 4 = 12 coins.", "That is 3 * 4 = 12 coins."),
    ):
        said = spoken(reply, "Ben")
        hold(said == wanted, f"{reply!r} became {said!r}, not {wanted!r}")
    return "3 lines: 3 actions and asides out, 0 spoken words lost"


@proof(NAME, "a preference holds an answer against the opposite level of the same scene and trait")
def same_scene(prefer: Callable[[Sequence[Conversation]], list[Preference]] = opposites) -> str:
    talks = [
        _talk(scene, trait, level)
        for scene in ("s-1", "s-2")
        for trait in ("openness", "extraversion")
        for level in ("high", "low")
        if (scene, trait, level) != ("s-2", "openness", "low")
    ]
    by_id = {talk.id: talk for talk in talks}
    found = prefer(talks)
    for one in found:
        chosen, rejected = by_id[one.chosen].scene, by_id[one.rejected].scene
        same = by_id[one.chosen].scene_id == by_id[one.rejected].scene_id
        hold(same, "an answer was preferred to one of another scene")
        hold(chosen["trait"] == rejected["trait"], "the two were written for different traits")
        hold(chosen["level"] != rejected["level"], "the two were written for one level")
    hold(len(found) == 6, f"{len(found)} preferences of 3 whole pairs")
    return "7 answers, one without its opposite: 6 preferences"


class _Toy:
    """Says its tokens in turn."""

    def __init__(self, words: Sequence[str]) -> None:
        self.ref, self.vocabulary = "toy", list(words)
        self.read: list[list[int]] = []

    def text(self, ids: Iterable[int]) -> str:
        return "".join(self.vocabulary[i] for i in ids)

    def logits(self, ids: Sequence[int]) -> Any:
        import numpy as np

        self.read.append(list(ids))
        return np.arange(len(self.vocabulary), dtype=float)


def _sound(count: int) -> list[str]:
    """Answers of some forty words that share their small words and little else."""
    from random import Random

    draw = Random(7)
    syllables = ["ba", "ko", "mi", "ta", "lu", "ren", "so", "vi", "dar", "ne", "pol", "gu"]
    small = ["the", "and", "a", "of", "to", "we", "it", "in", "you", "I"]
    words = ["".join(draw.choices(syllables, k=3)) for _ in range(900)]
    return [
        " ".join(draw.choice(words if draw.random() < 0.6 else small) for _ in range(40))
        for _ in range(count)
    ]


def _talk(scene: str, trait: str, level: str) -> Conversation:
    return Conversation(
        scene_id=scene,
        scene={"trait": trait, "level": level},
        speakers=(Speaker(name="Ada"), Speaker(name="Ben", persona_id=f"p-{scene}{trait}{level}")),
        turns=(Turn(speaker=0, text="Well?"), Turn(speaker=1, text=f"{trait} {level}")),
        provenance=Provenance(recipe=NAME),
    )
