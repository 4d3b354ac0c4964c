"""What a writer's reply is taken for."""

from __future__ import annotations

import pytest

from dramaturg.errors import ReplyError
from dramaturg.persona.replies import normalised, questions, sentence


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        ("What is your job?", ("What is your job?",)),
        (
            '1. "What is your job?"\n2) Where do you live?',
            ("What is your job?", "Where do you live?"),
        ),
        ("Sure! Here is one:\n- **What is your job?**", ("What is your job?",)),
        ("Question: What is your job? It fits all.", ("What is your job?",)),
        ("What is your job?\nWhat is your job?", ("What is your job?",)),
        ("Q1: Have you pets?\nWould you like me to write more?", ("Have you pets?",)),
        ("```\nWhat do you fear?\n```", ("What do you fear?",)),
        ("あなたの仕事は何ですか？", ("あなたの仕事は何ですか？",)),
    ],
)
def test_questions_are_found_in_chatter(reply: str, wanted: tuple[str, ...]) -> None:
    assert questions(reply) == wanted


@pytest.mark.parametrize("reply", ["What was he like?", "Who is the best singer?"])
def test_a_question_about_someone_else_is_none_to_a_person(reply: str) -> None:
    with pytest.raises(ReplyError) as caught:
        questions(reply)
    assert caught.value.kind == "not to a person"


@pytest.mark.parametrize(
    "reply",
    ["I loved the food there.", "I like it.", "I agree with that idea.", "I love your dog."],
)
def test_a_sentence_that_leans_on_what_was_said_is_no_fact(reply: str) -> None:
    with pytest.raises(ReplyError) as caught:
        sentence(reply)
    assert caught.value.kind == "leans"


@pytest.mark.parametrize("reply", ["Jobs.", "?", "Really?", "What is your job", ""])
def test_a_reply_without_a_question_has_its_class(reply: str) -> None:
    with pytest.raises(ReplyError) as caught:
        questions(reply)
    assert caught.value.kind == "no question"


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        ("I bake bread.", "I bake bread."),
        ("I bake bread", "I bake bread."),
        ("Sure! I bake bread.", "I bake bread."),
        ('Here is my answer:\n\n"I’m a baker from Ulm."', "I’m a baker from Ulm."),
        ("- My bread is dark.", "My bread is dark."),
        ("1. I met Dr. at noon, i.e. late.", "I met Dr. at noon, i.e. late."),
        ("Answer: I live at no. 5!", "I live at no. 5!"),
        ("I've a dog called Rex.\n", "I've a dog called Rex."),
    ],
)
def test_one_sentence_is_read_out_of_a_reply(reply: str, wanted: str) -> None:
    assert sentence(reply) == wanted


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("", "no sentence"),
        ("Sure!", "no sentence"),
        ("The bread is dark.", "not first person"),
        ("It is mine.", "not first person"),
        ("I like dogs. I have three.", "several sentences"),
        ("I like dogs.\nI have three dogs.", "several sentences"),
        ("I do.", "too short"),
        ("I " + "very " * 50 + "much like dogs.", "too long"),
        ("I" + "x" * 10_000 + " am what.", "not first person"),
        ("I am " + "x" * 10_000, "too long"),
        ("I wonder what you mean?", "question"),
        ("I'm sorry, but I can't help with that.", "refusal"),
        ("I am an AI and have no pets.", "refusal"),
        ("i OWN a dog", "repeat"),
    ],
)
def test_what_is_no_such_sentence_has_its_class(reply: str, kind: str) -> None:
    with pytest.raises(ReplyError) as caught:
        sentence(reply, ["I own a dog."])
    assert caught.value.kind == kind


def test_other_languages_may_open_with_any_word() -> None:
    assert sentence("Asun Oulussa.", openings=None) == "Asun Oulussa."
    assert sentence("私は犬を飼っています。", openings=None) == "私は犬を飼っています。"


def test_words_are_compared_without_case_marks_and_spacing() -> None:
    assert normalised("  I’M\ta Cook! ") == normalised("i'm a cook") == "i m a cook"
    assert normalised("हिन्दी!") == "हिन्दी"
