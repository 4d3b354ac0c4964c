"""The training of the embedded model: cleaning, labels, layout, and a round trip in small."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import numpy as np
import pytest

from dramaturg.models.embedded import formats
from dramaturg.models.embedded.formats import Control
from dramaturg.train.embedded import selffacts
from dramaturg.train.embedded.cleaning import Truecaser, fill_names, merge_speakers, tidy_fact
from dramaturg.train.embedded.corpus import as_it_is, conversation
from dramaturg.train.embedded.sources import Source, grounding
from dramaturg.train.embedded.tasks import Tasks, asked, told

CASER = Truecaser(
    ["we went to Paris, and Paris was nice, to Paris, to Paris", "like Paris, in Paris"]
)


def letters(text: str) -> list[int]:
    return [32 + byte for byte in text.encode()]


def test_lower_case_text_with_parted_punctuation_is_made_plain() -> None:
    assert CASER("i've a dog . do you like paris ? ?") == "I've a dog. Do you like Paris?"


def test_a_fact_gets_its_contractions_its_capital_and_its_stop() -> None:
    assert tidy_fact("i m from paris", CASER) == "I'm from Paris."
    assert tidy_fact("I don t eat meat.", CASER) == "I don't eat meat."


def test_open_names_are_filled_alike_and_other_placeholders_drop_the_conversation() -> None:
    turns = [(0, "Hi, I'm [user 1's name]."), (1, "Hi [user 1's name], I'm (your name).")]
    filled = fill_names(turns, random.Random(1))
    assert filled is not None
    name = filled[0][1].removeprefix("Hi, I'm ").removesuffix(".")
    assert filled[1][1].startswith(f"Hi {name}, I'm ")
    assert "(" not in filled[1][1]
    assert fill_names([(0, "I live in [city].")], random.Random(1)) is None


def test_turns_of_one_speaker_in_a_row_are_joined() -> None:
    assert merge_speakers([(0, "Hi."), (0, "You?"), (1, ""), (1, "Me.")]) == [
        (0, "Hi. You?"),
        (1, "Me."),
    ]


def test_a_turn_is_grounded_only_in_a_fact_of_its_own_speaker() -> None:
    facts = (["I have two dogs."], ["I play the cello."])
    turns = [(0, "My two dogs bark."), (1, "I have two dogs too."), (1, "I play cello.")]
    assert grounding(Source("made", facts, turns)) == {
        0: "I have two dogs.",
        2: "I play the cello.",
    }


def test_a_self_fact_stands_alone() -> None:
    turn = "That's great! I work at a bakery downtown. I love it. What about you?"
    assert selffacts.statements(turn) == ["I work at a bakery downtown."]


def test_a_slot_is_always_a_fact_of_the_speakers_profile() -> None:
    turns = [(n % 2, f"I work at bakery number {n} downtown.") for n in range(8)]
    source = Source("made", (["I have two dogs."], ["I ski."]), turns)
    for seed in range(20):
        ids, weights = conversation(source, letters, random.Random(seed))
        assert len(ids) == len(weights)
        profile = ids[: ids.index(Control.DIALOGUE)]
        text = "".join(chr(i - 32) if i >= 32 else "|" for i in profile)
        body = "".join(chr(i - 32) if i >= 32 else f"<{i}>" for i in ids[len(profile) :])
        for slot in body.split(f"<{int(Control.FACT)}>")[1:]:
            assert slot.split("<")[0] in text


def test_a_measured_conversation_keeps_its_own_profile_and_weighs_turns_only() -> None:
    source = Source("human", (["I ski."], []), [(0, "Hi."), (1, "Hello.")])
    ids, weights = as_it_is(source, letters, slots=False)
    start = ids.index(Control.DIALOGUE)
    assert sum(weights[: start + 1]) == 0
    assert set(weights[start + 1 :]) == {1.0}
    assert ids[-1] == Control.EOS


def test_only_questions_about_the_other_become_queries() -> None:
    assert asked("I'm a cook. So what do you do for fun?") == "What do you do for fun?"
    assert asked("Do you like it there?") == ""


def test_a_model_trained_in_small_gives_the_same_logits_in_torch_and_in_numpy(
    tmp_path: Path,
) -> None:
    torch = pytest.importorskip("torch", reason="torch comes with the extra `train`")
    pytest.importorskip("tokenizers", reason="tokenizers comes with the extra `train`")
    from dramaturg.models.embedded.formats import Sizes
    from dramaturg.models.embedded.network import Network as Runtime
    from dramaturg.models.embedded.shipped import read_weights
    from dramaturg.train.embedded.export import export
    from dramaturg.train.embedded.fit import Settings, train
    from dramaturg.train.embedded.network import Network

    write_corpora(tmp_path)
    sizes = Sizes(400, width=32, layers=2, heads=4, kv_heads=2, head=8, feed=48)
    settings = Settings(steps=2, threads=1, batch_tokens=512, held_out=2, compiled=False)
    run = tmp_path / "run"
    assert train(tmp_path, run, settings, sizes) > 0
    card = export(run, tmp_path / "out")
    assert card["training"]["step"] == 2

    network = Network(sizes)
    network.load_state_dict(torch.load(run / "checkpoint.pt", weights_only=True)["network"])
    ids = [1, 3, 40, 50, 60, 70, 300]
    with torch.no_grad():
        hidden = network(torch.tensor([ids]))
        expected = (hidden @ network.embedding.weight.T)[0].numpy()
    found = Runtime(read_weights(tmp_path / "out")).prefill(0, ids, 0, every=True)
    np.testing.assert_allclose(found, expected, atol=0.02)


def write_corpora(folder: Path) -> None:
    turns = [
        ["User 1", "Hi! What do you do for fun at home?"],
        ["User 2", "I play the cello in an orchestra."],
        ["User 1", "I have two dogs and a small garden."],
        ["User 2", "Nice! Where do you live these days?"],
        ["User 1", "I live near the ocean in Norway."],
    ]
    facts = {"user_1": ["I have two dogs.", "I ski.", "I cook."], "user_2": ["I sing."] * 3}
    names = ("train", "new", "valid")
    paths = [f"synthetic-persona-chat/{name}.jsonl.gz" for name in names]
    paths += ["personachat/train-sample.jsonl.gz", "personachat/valid.jsonl.gz"]
    paths += ["training-text/topical-chat.jsonl.gz"]
    for path in paths:
        (folder / path).parent.mkdir(exist_ok=True)
        with gzip.open(folder / path, "wt", encoding="utf-8") as lines:
            for number in range(8):
                said = [text for _, text in turns] if "topical" in path else turns
                lines.write(json.dumps({"id": f"{path}-{number}", "turns": said} | facts) + "\n")


def test_the_tasks_are_drawn_from_questions_and_their_answers() -> None:
    turns = [
        (n % 2, text)
        for n in range(6)
        for text in [f"What do you do on day {n}?", f"I play cello number {n} at home."][n % 2 :][
            :1
        ]
    ]
    tasks = Tasks([Source("made", (["A.", "B.", "C."], ["D."]), turns)], {"induce": 3, "answer": 3,
                  "ask": 0, "more": 2})  # fmt: skip
    drawn = list(tasks.draw(letters, random.Random(0)))
    assert len(drawn) == 8
    assert drawn[0][0][1] == Control.INDUCE


def test_a_conversation_tells_how_grounded_it_is_and_some_have_no_profiles() -> None:
    turns = [(n % 2, f"I work at bakery number {n} downtown.") for n in range(8)]
    source = Source("made", (["I have two dogs."], ["I ski."]), turns)
    drawn = [conversation(source, letters, random.Random(seed))[0] for seed in range(200)]
    blind = [ids for ids in drawn if ids[3:6] == [Control.P1, Control.P2, Control.DIALOGUE]]
    assert 4 <= len(blind) <= 32
    assert all(Control.FACT not in ids for ids in blind)
    told = [ids[3] for ids in drawn if ids not in blind]
    assert {Control.SOME, Control.MANY, Control.P1} <= set(told)
    many = [ids.count(Control.FACT) for ids in drawn if ids[3] == Control.MANY]
    some = [ids.count(Control.FACT) for ids in drawn if ids[3] == Control.SOME]
    assert sum(many) / len(many) > sum(some) / len(some) + 1


def test_the_fact_behind_an_utterance_is_the_profiles_or_its_own_statement_or_none() -> None:
    turns = [
        (0, "Hello! How are you?"),
        (1, "My two dogs bark a lot."),
        (0, "I work at a bakery downtown."),
        (1, "Nice."),
    ]
    source = Source("made", (["I ski."], ["I have two dogs."]), turns)
    source.grounded = grounding(source)
    found = [told(source, number, random.Random(1)) for number in range(4)]
    assert found == ["", "I have two dogs.", "I work at a bakery downtown.", ""]

    tasks = Tasks([source], {"induce": 0, "answer": 0, "ask": 0, "more": 0, "behind": 40,
                             "facts": 40})  # fmt: skip
    replies = [reply for prompt, reply in tasks.draw(letters, random.Random(0))
               if prompt[1] == Control.BEHIND]  # fmt: skip
    none = [int(Control.NONE)]
    assert none in replies
    assert letters("I have two dogs.") in replies
    assert 8 <= replies.count(none) <= 26


def test_the_facts_of_a_speaker_are_asked_for_with_the_last_turns_that_fit() -> None:
    turns = [(n % 2, letters(f"{n:>5}" * 40)) for n in range(8)]
    ids = formats.facts_told(turns, 1)
    assert ids[:2] == [Control.BOS, Control.FACTS]
    assert ids[-3:] == [Control.ANSWER, Control.U2, Control.A]
    assert ids[2] == Control.U2
    assert len(ids) == 2 + 3 * 202 + 3


def tiny(steps: int, **more: object) -> tuple[object, object]:
    from dramaturg.models.embedded.formats import Sizes
    from dramaturg.train.embedded.fit import Settings

    sizes = Sizes(400, width=32, layers=2, heads=4, kv_heads=2, head=8, feed=48)
    return Settings(
        steps=steps, threads=1, batch_tokens=512, held_out=2, compiled=False, log_every=1,
        **more,  # type: ignore[arg-type]
    ), sizes  # fmt: skip


def test_a_run_that_was_stopped_ends_as_one_that_was_not_and_shows_its_curve(
    tmp_path: Path,
) -> None:
    torch = pytest.importorskip("torch", reason="torch comes with the extra `train`")
    pytest.importorskip("tokenizers", reason="tokenizers comes with the extra `train`")
    from dramaturg.train.embedded import fit

    write_corpora(tmp_path)
    settings, sizes = tiny(4)
    fit.train(tmp_path, tmp_path / "whole", settings, sizes)  # type: ignore[arg-type]

    run = fit.Run(tmp_path, tmp_path / "cut", settings, sizes)  # type: ignore[arg-type]
    run.network.register_forward_hook(lambda *_: setattr(run, "stopping", run.state["step"] == 1))
    run.fit()
    assert run.state["step"] == 2
    fit.train(tmp_path, tmp_path / "cut", settings, sizes)  # type: ignore[arg-type]

    ends = [
        torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["network"]
        for name in ("whole", "cut")
    ]
    for name, value in ends[0].items():
        assert torch.equal(value, ends[1][name]), name
    log = [json.loads(line) for line in (tmp_path / "cut" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log][-2:] == [3, 4]
    assert all(line["of_peak"] > 0 for line in log)
    page = (tmp_path / "cut" / "curve.html").read_text()
    assert "Training is done" in page
    assert page.count("<polyline") == 5
    report = json.loads((tmp_path / "cut" / "report.json").read_text())
    assert report["steps"] == 4
    assert set(report["held_out_nats"]) == {
        "spc-valid", "spc-valid-slots", "personachat-valid", "personachat-valid-slots",
    }  # fmt: skip


def test_epochs_drawn_ahead_by_processes_are_those_drawn_here(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers", reason="tokenizers comes with the extra `train`")
    from dramaturg.train.embedded.ahead import Epochs
    from dramaturg.train.embedded.tokenizer import save_merges

    write_corpora(tmp_path)
    save_merges([], tmp_path / "merges.txt")
    here = Epochs(tmp_path, tmp_path / "merges.txt", 5, workers=0)
    there = Epochs(tmp_path, tmp_path / "merges.txt", 5, workers=1)
    try:
        assert there[0] == here[0]
        assert there[1] == here[1]
        assert here[0] != here[1]
    finally:
        there.close()


def test_a_run_can_begin_with_exported_weights(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch comes with the extra `train`")
    pytest.importorskip("tokenizers", reason="tokenizers comes with the extra `train`")
    from dramaturg.train.embedded import fit
    from dramaturg.train.embedded.export import export

    write_corpora(tmp_path)
    settings, sizes = tiny(2)
    fit.train(tmp_path, tmp_path / "a", settings, sizes)  # type: ignore[arg-type]
    export(tmp_path / "a", tmp_path / "out")
    run = fit.Run(tmp_path, tmp_path / "b", settings, sizes, tmp_path / "out")  # type: ignore[arg-type]
    run.fit()
    card = export(tmp_path / "b", tmp_path / "out2")
    assert card["began_with"]["training"]["step"] == 2
    run = fit.Run(tmp_path, tmp_path / "c", settings, sizes, tmp_path / "out")  # type: ignore[arg-type]
    before = torch.load(tmp_path / "a" / "checkpoint.pt", weights_only=True)["network"]
    for name, value in run.network.state_dict().items():
        assert torch.allclose(value, before[name], atol=2e-3), name


def test_operations_are_counted_by_weights_and_by_attention() -> None:
    pytest.importorskip("torch", reason="torch comes with the extra `train`")
    from dramaturg.models.embedded.formats import Sizes
    from dramaturg.train.embedded.pace import training_flops

    sizes = Sizes(100, width=8, layers=1, heads=2, kv_heads=1, head=4, feed=16)
    # qkv 8 x 16, out 8 x 8, gate, up and down 3 x 8 x 16, output 100 x 8: 1,376 weights
    assert training_flops(sizes, tokens=10, length=20) == 6 * 10 * (1376 + 2 * 4 * 20)


def test_an_orthogonal_update_has_singular_values_near_one_whatever_its_shape() -> None:
    torch = pytest.importorskip("torch", reason="torch comes with the extra `train`")
    from dramaturg.train.embedded.optimizer import orthogonal

    for shape in ((3, 24, 64), (3, 64, 24)):
        made = orthogonal(torch.randn(shape, generator=torch.Generator().manual_seed(1)))
        assert made.shape == shape
        values = torch.linalg.svdvals(made)
        assert 0.6 < float(values.min()) < float(values.max()) < 1.3


def test_a_resumed_run_must_be_as_before_and_weights_of_another_size_are_refused(
    tmp_path: Path,
) -> None:
    pytest.importorskip("torch", reason="torch comes with the extra `train`")
    pytest.importorskip("tokenizers", reason="tokenizers comes with the extra `train`")
    from dataclasses import replace

    from dramaturg.errors import UserError
    from dramaturg.train.embedded import fit
    from dramaturg.train.embedded.export import export

    write_corpora(tmp_path)
    settings, sizes = tiny(1)
    fit.train(tmp_path, tmp_path / "a", settings, sizes)  # type: ignore[arg-type]
    other = replace(settings, batch_tokens=256)  # type: ignore[type-var]
    with pytest.raises(UserError, match="another batch_tokens: 512, not 256"):
        fit.train(tmp_path, tmp_path / "a", other, sizes)  # type: ignore[arg-type]
    export(tmp_path / "a", tmp_path / "out")
    deeper = replace(sizes, layers=3)  # type: ignore[type-var]
    with pytest.raises(UserError, match="of another size"):
        fit.Run(tmp_path, tmp_path / "b", settings, deeper, tmp_path / "out")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="there are no weights"):
        fit.Run(tmp_path, tmp_path / "c", settings, sizes, tmp_path / "a")  # type: ignore[arg-type]
