"""Next-utterance prediction by the shipped ranker: no training, ties shared, personas used."""

from dramaturg.evaluate import expert_hits
from dramaturg.records import Conversation, Speaker, Turn

ASKS = ("What do you do for a living?", "Do you have any pets?", "What food do you like?")
LIVES = (
    (("I am a nurse.", "I work in a hospital as a nurse."), "dogs"),
    (("I am a farmer.", "I work on a farm as a farmer."), "cats"),
    (("I am a pilot.", "I fly planes, I am a pilot."), "parrots"),
    (("I am a baker.", "I bake bread, I am a baker."), "horses"),
)


def _talks() -> list[Conversation]:
    found = []
    for number, ((job, answer), pet) in enumerate(LIVES):
        turns = [
            (0, ASKS[0]), (1, answer), (0, ASKS[1]), (1, f"Yes, I have two {pet}."),
        ]  # fmt: skip
        found.append(
            Conversation(
                scene_id=f"s{number}",
                speakers=(
                    Speaker(name="A", persona=("I like to read.",)),
                    Speaker(name="B", persona=(job, f"I have two {pet}.")),
                ),
                turns=tuple(Turn(speaker=who, text=text) for who, text in turns),
            )
        )
    return found


def test_answers_are_found_and_the_persona_helps() -> None:
    found = expert_hits(_talks(), candidates=5, seed=1)

    none, both = found["none"].value(), found["both"].value()
    assert none is not None
    assert both is not None
    assert both > none
    assert both > 0.6
    assert int(found["both"].under.sum()) == 12


def test_at_most_so_many_questions_are_asked_and_the_seed_chooses_them() -> None:
    once = expert_hits(_talks(), most=5, seed=3)
    again = expert_hits(_talks(), most=5, seed=3)

    assert int(once["none"].under.sum()) == 5
    assert once["none"].value() == again["none"].value()


def test_nothing_to_predict_gives_nothing() -> None:
    assert expert_hits([]) == {}
