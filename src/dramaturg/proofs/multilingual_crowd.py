"""Proofs of the multilingual crowd: what is dropped, scenes in balance, examples, every script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from dramaturg import critique, generate, loop, pairing, persona, scorers
from dramaturg.errors import ReplyError
from dramaturg.models import ScriptedModel
from dramaturg.prompts import quote
from dramaturg.proofs.proof import hold, proof
from dramaturg.records import (
    Conversation,
    Fact,
    Pair,
    Persona,
    Scene,
    Speaker,
    Turn,
    from_arrow,
    from_json,
    to_arrow,
    to_json,
)

NAME = "multilingual-crowd"
Read = Callable[..., Any]
Astray = Callable[[str, scorers.Language, scorers.Language], str]
Filter = Callable[[], scorers.Scorer]
Draw = Callable[..., Sequence[tuple[pairing.Circumstance, pairing.Circumstance]]]
Alone = Callable[..., Sequence[Persona]]
Propose = Callable[..., loop.Proposer]
Show = Callable[[str], str]
Store = Callable[[Conversation], Conversation]

FACTS = (
    ("J'ai deux chiens et un vieux vélo.", "Je travaille la nuit."),
    ("Je répare des montres anciennes.", "Ma sœur habite à Lyon."),
)
FINE = (
    "Salut, tu as bien dormi ?",
    "Pas vraiment, et toi, qu'est-ce que tu fais ce matin ?",
    "Je vais promener les chiens avant qu'il ne pleuve.",
    "Alors je viens avec toi, mais pas trop longtemps.",
    "Super, merci !",
    "De rien.",
    "On passe par le marché, si tu veux.",
    "Oui, il me faut du pain et des pommes.",
)
ENGLISH, FRENCH = scorers.find_language("en"), scorers.find_language("fr")


@proof(
    NAME, "a turn in the source language, a swapped tag, a pasted fact go; three short words stay"
)
async def what_is_dropped(
    read: Read = generate.read_whole,
    astray: Astray = scorers.astray,
    copy: Filter = scorers.persona_copy,
) -> str:
    async def judged(turns: Sequence[tuple[int, str]]) -> str:
        """Why a scripted reply is dropped, or "" for one that is kept."""
        reply = "\n".join(f"User {who + 1}: {text}" for who, text in turns)
        inputs = generate.SceneInput(language=FRENCH, facts_1=FACTS[0], facts_2=FACTS[1])
        try:
            parsed = read(reply, inputs)
        except ReplyError as error:
            return error.kind
        for _, text in parsed.turns:
            if astray(text, FRENCH, ENGLISH):
                return "in_language"
        verdict = await copy()(_talk(parsed.turns))
        return "" if verdict.passed else "persona_copy"

    def planted(place: int, text: str) -> list[tuple[int, str]]:
        return [(i % 2, text if i == place else said) for i, said in enumerate(FINE)]

    swapped = [(who if i != 3 else 1 - who, said) for i, (who, said) in enumerate(planted(-1, ""))]
    cases = {
        "nothing planted": (planted(-1, ""), ""),
        "an English turn": (
            planted(3, "Then I will come with you, but not for long."), "in_language",
        ),
        "an English sentence inside a turn": (
            planted(3, "Alors je viens avec toi. But it is not that I like the rain."),
            "in_language",
        ),
        "a swapped tag": (swapped, "speakers do not alternate"),
        "a fact pasted whole": (
            planted(2, "Bon, j'ai deux chiens et un vieux vélo, alors on y va."), "persona_copy",
        ),
        "three words that are English too": (planted(4, "OK, super weekend!"), ""),
        "a name": (planted(4, "Charles Aznavour."), ""),
    }  # fmt: skip
    for what, (turns, wanted) in cases.items():
        found = await judged(turns)
        hold(found == wanted, f"{what}: {found or 'kept'!r} instead of {wanted or 'kept'!r}")
    return "7 scripted talks: 4 dropped for language twice, tag and copy; 3 kept, 'OK, super' too"


@proof(NAME, "a fact of any script that stands in a turn is found, one told in other words is not")
async def pasted_facts(copy: Filter = scorers.persona_copy) -> str:
    rows = [
        ("Je travaille la nuit.", "Tu sais, je travaille la NUIT !", False),
        ("Je travaille la nuit.", "Je travaille surtout la nuit.", True),
        ("I cook here.", "Well, I cook here.", True),  # three words: anyone may say them
        ("I am a cook in Ghent.", "I am a cook in Ghent, so what?", False),
        ("저는 개 두 마리를 키워요.", "저는 개 두 마리를 키워요, 그리고요?", False),
        ("私は毎朝犬と散歩します。", "はい、私は毎朝犬と散歩しますよ。", False),
        ("私は毎朝犬と散歩します。", "犬がいます。", True),
        ("私は毎朝、犬と、散歩します。", "はい、私は毎朝、犬と、散歩しますよ。", False),
        ("ผมชอบกินข้าวผัดทุกวัน", "ผมชอบกินข้าวผัดทุกวันครับ", False),
    ]
    for fact, said, kept in rows:
        talk = _talk([(0, said), (1, "Ah?")], facts=((fact,), ("x y z.",)))
        passed = (await copy()(talk)).passed
        hold(passed is kept, f"{said!r} is {'kept' if passed else 'dropped'} beside {fact!r}")
    return f"{len(rows)} turns in French, English, Korean, Japanese and Thai"


@proof(NAME, "300 scenes: every kind of talk meets every common ground equally often")
def scenes_in_balance(draw: Draw = pairing.balanced) -> str:
    events = [pairing.Circumstance(name=f"event {i}", text="x") for i in range(6)]
    grounds = [pairing.Circumstance(name=f"ground {i}", text="y") for i in range(4)]
    drawn = list(draw(300, events, grounds, seed=11))
    hold(len(drawn) == 300, f"{len(drawn)} scenes instead of 300")
    cells = Counter((event.name, ground.name) for event, ground in drawn)
    expected = 300 / 24
    chi2 = sum(
        (cells[event.name, ground.name] - expected) ** 2 / expected
        for event in events for ground in grounds
    )  # fmt: skip
    hold(chi2 < 35.17, f"chi-squared {chi2:.1f} of 24 cells is above 35.17, its 5 % bound")
    counts = sorted(cells.values())
    hold(counts[0] >= 12 and counts[-1] <= 13, f"cells hold {counts[0]} to {counts[-1]} scenes")
    places = [i for i, (event, _) in enumerate(drawn) if event.name == "event 0"]
    hold(min(places) < 100 < max(places), "one kind of talk comes all at the same place")
    first = [event.name for event, _ in drawn[:24]]
    hold(first != [event.name for event, _ in draw(24, events, grounds, seed=12)], "seeds agree")
    return f"chi-squared {chi2:.2f} over 24 cells (bound 35.17), {counts[0]} to {counts[-1]} each"


@proof(NAME, "strangers do not catch up and old friends do not get to know each other")
def scenes_that_can_be(draw: Draw = pairing.balanced) -> str:
    events, grounds = pairing.load_scenes(None, None)
    drawn = draw(2_000, events, grounds, seed=3)
    for event, ground in drawn:
        same = not event.mark or not ground.mark or event.mark == ground.mark
        hold(same, f"{ground.name} have the talk {event.name!r}")
    pairs = {(event.name, ground.name) for event, ground in drawn}
    possible = sum(not e.mark or not g.mark or e.mark == g.mark for e in events for g in grounds)
    hold(len(pairs) == possible, f"{len(pairs)} of {possible} possible scenes were drawn")
    return f"2,000 scenes: {possible} of {len(events) * len(grounds)} combinations, no other"


@proof(NAME, "only conversations in the source language are shown as examples")
async def no_example_in_a_target(propose: Propose = generate.write_in) -> str:
    examples = generate.load_demonstrations(None, ENGLISH)
    lines = "\n".join(f"User {i % 2 + 1}: {text}" for i, text in enumerate(FINE))
    writer = ScriptedModel(by_task={"conversation.write_in": lines, "conversation.write": lines})
    pairs = [_pair(n) for n in range(6)]
    filters = [scorers.in_language(ENGLISH), scorers.persona_copy()]
    best = await loop.improve(
        pairs,
        propose=propose(writer, shown=2),
        judge=critique.panel(filters, []),
        pool=examples,
        rounds=1,
        concurrency=1,  # one after the other: what was written could be shown to the next
        seed=1,
    )
    known = {talk.id for talk in examples}
    shown = {one for talk in best.kept for one in talk.provenance.demonstrations}
    hold(len(best.kept) == 6, f"{len(best.kept)} of 6 talks were kept")
    hold(shown and shown <= known, "something else than the given examples was shown")
    for call in writer.calls:
        asked = call.messages[-1].content
        hold("conversation in French" in asked, "the prompt does not name the language to write in")
        before = asked.partition("Write a new conversation")[0]
        hold(asked.count("<example_") == 2, f"{asked.count('<example_')} examples are shown")
        hold(before.count("<kind_of_talk>") == 2, "an example has no kind of talk")
        hold(not any(said in before for said in FINE if len(said) > 20), "a target is an example")
        hold("<kind_of_talk>gossip" in asked, "the pair's kind of talk is not told")
    return f"6 talks in French, each after 2 of {len(examples)} English examples with their scenes"


@proof(NAME, "two workers who write nearly the same person count once, in Korean too")
def doubles_go(alone: Alone = persona.without_doubles) -> str:
    def person(language: str, *facts: str) -> Persona:
        return Persona(facts=tuple(Fact(text=f) for f in facts), language=language)

    people = [
        person("fr", "Je vends du pain au marché.", "Ma fille joue du violon le soir."),
        person("fr", "Je vends du pain au marché !", "Ma fille joue du violon le soir."),
        person("fr", "Je conduis un tramway à Nantes.", "Mon frère élève des chèvres."),
        person("ja", "私は毎朝犬と海辺を散歩します。", "兄は東京でパンを焼いています。"),
        person("ja", "私は毎朝犬と海辺を散歩します", "兄は東京でパンを焼いていますよ。"),
        person("ko", "저는 개 두 마리를 키워요.", "언니는 부산에서 빵을 구워요."),
    ]
    kept = [people.index(one) for one in alone(people)]
    hold(kept == [0, 2, 3, 5], f"{kept} are kept instead of [0, 2, 3, 5]")
    return "6 personas in 3 languages, 2 of them doubles: 4 kept"


@proof(NAME, "Korean, Arabic and mixed text comes back as it was from every form it is kept in")
def every_script_comes_back(show: Show = quote, store: Store | None = None) -> str:
    texts = [
        "안녕하세요! 오늘 비가 오네요… 우산 있어요?",
        "مرحبا، كيف حالك؟ اليوم الجو جميل جداً.",
        "قال لي: «Hello» ثم ذهب.",
        "שלום, מה שלומך?",
        "नमस्ते, आप कैसे हैं?",
        "👩‍🌾 e\u0301té — naïve",
    ]
    talk = _talk([(i % 2, text) for i, text in enumerate(texts)])
    back = store(talk) if store else _there_and_back(talk)
    found = [turn.text for turn in back.turns]
    hold(found == texts, f"{[t for t, f in zip(texts, found, strict=True) if t != f]} changed")
    hold(back.id == talk.id, "the conversation has another id")
    for text in texts:
        hold(show(text) == text, f"a prompt shows {show(text)!r} for {text!r}")
    return f"{len(texts)} turns in 6 scripts: JSON, Arrow and prompt give each back unchanged"


def _there_and_back(talk: Conversation) -> Conversation:
    (read,) = from_arrow(to_arrow([talk], Conversation), Conversation)
    return from_json(to_json(read), Conversation)


def _pair(number: int) -> Pair:
    first, second = (
        Persona(facts=tuple(Fact(text=f"{text[:-1]} {number}.") for text in side), language="fr")
        for side in FACTS
    )
    fields = {
        "language": "fr",
        "speech_event": "gossip: They talk about somebody.",
        "common_ground": "flatmates: They share a kitchen.",
    }
    return Pair(first=first, second=second, scene=Scene(cast=(first.id, second.id), fields=fields))


def _talk(turns: Sequence[tuple[int, str]], facts: Sequence[Sequence[str]] = FACTS) -> Conversation:
    return Conversation(
        scene_id="s",
        scene={"language": "fr"},
        speakers=tuple(
            Speaker(name=f"User {i + 1}", persona_id=f"p{i}", persona=tuple(side))
            for i, side in enumerate(facts)
        ),
        turns=tuple(Turn(speaker=who, text=text) for who, text in turns),
    )
