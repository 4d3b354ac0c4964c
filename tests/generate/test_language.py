"""A draft in another language than its profiles is noticed, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from dramaturg import dataset
from dramaturg.errors import ReplyError
from dramaturg.generate.language import language_of
from dramaturg.generate.write import WriteInput, write_task

TEXTS = {
    "English": "I have two dogs and I like to walk with them. What do you do for fun, my friend?",
    "German": "Ich habe zwei Hunde und gehe gerne mit ihnen. Und du, was machst du so für dich?",
    "French": "J'ai deux chiens et je suis avec eux le matin. Et toi, est-ce que tu as un chat ?",
    "Spanish": "Yo tengo dos perros y me gusta salir con ellos. ¿Y tú, qué es lo que te gusta?",
    "Italian": "Io ho due cani e mi piace uscire con loro. E tu, che cosa fai di bello? Io sono "
    "anche molto pigro.",
    "Portuguese": "Eu tenho dois cães e gosto de sair com eles. E você, do que gosta? Não sou "
    "muito ativo, mas isso é bom para mim.",
    "Dutch": "Ik heb twee honden en ik ga graag met ze naar buiten. En jij, wat doe je zoal? Het "
    "is heel leuk.",
    "Swedish": "Jag har två hundar och jag går ut med dem. Och du, vad gör du? Det är inte så "
    "svårt för mig.",
    "Polish": "Ja mam dwa psy i bardzo lubię z nimi chodzić. A ty, co lubisz? Nie jestem na to "
    "gotowy, ale to jest dla mnie.",
    "CYRILLIC": "У меня две собаки, и мы гуляем каждое утро.",
    "CJK": "我有两只狗，每天早上都去散步。你喜欢什么？我也喜欢看书。",
    "JAPANESE": "私は犬を二匹飼っています。毎朝散歩に行きます。",
    "HANGUL": "저는 개 두 마리를 키우고 매일 아침 산책을 합니다.",
    "ARABIC": "لدي كلبان ونخرج معا كل صباح إلى الحديقة.",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_plain_text_is_known(name: str) -> None:
    assert language_of(TEXTS[name]) == name


@pytest.mark.parametrize("text", ["", "Hi!", "Lisbon, Turku, Ghent", "12345 !!!", "ok ок 好"])
def test_what_is_not_plain_has_no_answer(text: str) -> None:
    assert language_of(text) is None


@pytest.mark.parametrize("name", [n for n in TEXTS if n != "English"])
def test_a_draft_in_another_language_is_refused_and_one_in_the_same_is_not(name: str) -> None:
    reply = "\n".join(f"User {i % 2 + 1}: {TEXTS[name]} {i}" for i in range(6))
    english = (TEXTS["English"], "I work at night.")
    with pytest.raises(ReplyError) as caught:
        write_task().parse(reply, WriteInput(facts_1=english, facts_2=english))
    assert caught.value.kind == "wrong language"
    same = (TEXTS[name], TEXTS[name])
    assert len(write_task().parse(reply, WriteInput(facts_1=same, facts_2=same)).turns) == 6


def test_of_a_thousand_made_conversations_only_the_spanish_one_is_told_apart(
    shared_data: Path,
) -> None:
    source = shared_data / "synthetic-persona-chat" / "Synthetic-Persona-Chat_valid.csv"
    wrong, count = [], 0
    for talk in dataset.load_conversations(source, lambda drop: None):
        wanted = language_of(" ".join(" ".join(s.persona) for s in talk.speakers))
        got = language_of(" ".join(turn.text for turn in talk.turns))
        count += 1
        if wanted and got and wanted != got:
            wrong.append((wanted, got))
    assert count == 1000
    assert wrong == [("English", "Spanish")]
