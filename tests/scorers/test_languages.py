"""Which language a turn is in: told where that is plain, and let be where it is not."""

from __future__ import annotations

import pytest

from dramaturg.errors import NotJudged, UserError
from dramaturg.records import Conversation, Speaker, Turn
from dramaturg.scorers import (
    astray,
    find_language,
    find_languages,
    in_language,
    persona_copy,
    spaced,
    tell_language,
)
from dramaturg.scorers.languages import languages, script_of

SAID = {
    "en": "I do not think that we should go there again.",
    "de": "Ich glaube nicht, dass wir da noch einmal hingehen sollten.",
    "fr": "Je ne crois pas que nous devions y aller encore une fois.",
    "es": "No creo que tengamos que ir allí otra vez, pero tú sí.",
    "it": "Non credo che dobbiamo andare di nuovo, ma forse sono io.",
    "nl": "Ik denk niet dat we daar nog een keer naartoe moeten.",
    "pl": "Nie sądzę, żebyśmy mieli tam iść jeszcze raz.",
    "tr": "Oraya bir daha gitmemiz gerektiğini hiç düşünmüyorum.",
    "vi": "Tôi không nghĩ là chúng ta nên đến đó một lần nữa.",
    "ru": "Я не думаю, что мы должны туда ещё раз идти.",
    "uk": "Я не думаю, що ми повинні ще раз туди йти.",
    "ar": "لا أعتقد أن علينا أن نذهب إلى هناك مرة أخرى.",
    "ko": "저는 우리가 거기에 또 가야 한다고 생각하지 않아요.",
    "ja": "もう一度そこへ行くべきだとは思いません。",
    "zh": "我不认为我们应该再去那里一次。",
    "hi": "मुझे नहीं लगता कि हमें वहाँ फिर जाना चाहिए।",
    "el": "Δεν νομίζω ότι πρέπει να πάμε εκεί ξανά.",
}


@pytest.mark.parametrize("tag", SAID)
def test_a_plain_sentence_is_told(tag: str) -> None:
    told = tell_language(SAID[tag])
    assert told is not None
    assert told.tag == tag


@pytest.mark.parametrize("text", ["", "OK, super!", "Non, merci.", "Lisbon, Turku, Ghent, Graz",
                                  "12 345 !!!", "na na na na", "好"])  # fmt: skip
def test_what_is_short_or_no_language_is_not_told(text: str) -> None:
    assert tell_language(text) is None


@pytest.mark.parametrize(
    ("text", "target", "why"),
    [
        (SAID["fr"], "fr", ""),
        (SAID["en"], "fr", "is in English, not in French"),
        (SAID["de"], "fr", "is in German, not in French"),
        (SAID["en"], "ko", "is in English, not in Korean"),
        ("저는 어제 Ghent에서 Moby Dick을 샀어요.", "ko", ""),
        ("Oui. " + SAID["en"], "fr", "is in English, not in French"),
        (SAID["fr"] + " " + SAID["en"], "fr", "has a sentence in English"),
        ("Yes, of course!", "fr", ""),
        ("Guns N' Roses.", "fr", ""),
        ("Nu vet jag inte vad det är, men jag har det med mig.", "da", ""),  # Swedish, too near
        (SAID["en"], "sw", "is in English"),
        ("Ninapenda sana kusoma vitabu na kupika chakula.", "sw", ""),
    ],
)
def test_a_turn_goes_astray_only_where_it_is_plainly_in_another_language(
    text: str, target: str, why: str
) -> None:
    said = astray(text, find_language(target), find_language("en"))
    assert said.startswith(why)
    assert bool(said) is bool(why)


def test_a_language_is_found_by_tag_region_and_name_and_an_unknown_one_is_said_so() -> None:
    assert [find_language(n).tag for n in ("fr", "FR", "pt-BR", "Korean", "zh_Hans", "kor")] == [
        "fr", "fr", "pt", "ko", "zh", "ko",
    ]  # fmt: skip
    assert find_language("sw").known is False
    assert "nothing is known of 'sw'" in find_language("sw").caution(find_language("en"))
    with pytest.raises(UserError, match="did you mean 'french'"):
        find_language("frensh")
    with pytest.raises(UserError, match="there is no language"):
        find_language("x y")
    assert [one.tag for one in find_languages("fr, ko,fr")] == ["fr", "ko"]
    with pytest.raises(UserError, match="no language is named"):
        find_languages(" , ")


def test_the_lists_hold_what_they_need() -> None:
    for one in languages().values():
        alone = sum(other.script == one.script for other in languages().values()) == 1
        assert alone or one.words or one.script == "CJK", one.tag
        assert all(word == word.lower() for word in one.words), one.tag


@pytest.mark.parametrize(
    ("text", "script"),
    [("abc", "LATIN"), ("犬と犬", "JAPANESE"), ("我有狗", "CJK"), ("שלום", "HEBREW"),
     ("a б", None), ("123", None)],
)  # fmt: skip
def test_the_script_of_most_letters(text: str, script: str | None) -> None:
    assert script_of(text) == script


def test_signs_without_spaces_become_words() -> None:
    assert spaced("I like tea.") == "I like tea."
    assert spaced("私は犬。") == "私 は 犬。"
    assert len(spaced("ฉันรักแมว").split()) >= 5
    assert spaced("저는 개를 키워요") == "저는 개를 키워요"


def talk(*turns: str, facts: tuple[str, ...] = ("J'ai deux vieux chiens.",)) -> Conversation:
    return Conversation(
        scene_id="s",
        scene={"language": "fr"},
        speakers=(
            Speaker(name="User 1", persona_id="a", persona=facts, fact_ids=("f1", "f2")),
            Speaker(name="User 2", persona_id="b", persona=("Je chante.",)),
        ),
        turns=tuple(Turn(speaker=i % 2, text=text) for i, text in enumerate(turns)),
    )


async def test_the_scorer_names_the_turn_and_reads_the_language_of_the_scene() -> None:
    scorer = in_language(find_language("en"))
    verdict = await scorer(talk(SAID["fr"], SAID["en"], "OK.", SAID["fr"]))
    assert (verdict.value, verdict.passed) == (0.75, False)
    assert verdict.reasons == ("turn 1 is in English, not in French",)
    assert [e.turn for e in verdict.evidence] == [1]
    assert (await scorer(talk(SAID["fr"], "Ah bon ?"))).passed


async def test_without_a_named_language_that_of_the_whole_counts() -> None:
    scorer = in_language(find_language("en"))
    turns = [SAID["de"]] * 5 + ["Und dann habe ich das auch gesagt.", SAID["fr"]]
    made = Conversation(
        scene_id="s",
        speakers=(),
        turns=tuple(Turn(speaker=i % 2, text=text) for i, text in enumerate(turns)),
    )
    assert (await scorer(made)).reasons == ("turn 6 is in French, not in German",)
    with pytest.raises(NotJudged, match="none can be told"):
        await scorer(Conversation(scene_id="s", speakers=(), turns=(Turn(speaker=0, text="Hi."),)))


async def test_a_pasted_fact_is_named_with_its_turn_and_owner() -> None:
    verdict = await persona_copy()(talk("Bonjour.", "Ah ?", "Eh bien, j’ai deux VIEUX chiens !"))
    assert verdict.passed is False
    assert verdict.reasons == ('turn 2 says "J\'ai deux vieux chiens." word for word',)
    assert (verdict.evidence[0].turn, verdict.evidence[0].fact_id) == (2, "f1")
    fine = await persona_copy()(talk("Mes deux chiens sont vieux.", "Je chante."))
    assert (fine.passed, fine.value) == (True, 1.0)
    with pytest.raises(NotJudged):
        await persona_copy()(Conversation(scene_id="s", speakers=(), turns=talk("x").turns))
