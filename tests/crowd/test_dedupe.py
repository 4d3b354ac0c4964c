"""`crowd.dedupe`: files in, files out, every row left out with its reason."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.people_made import made
from dramaturg import crowd
from dramaturg.crowd.rows import Row, categories_of, facts_of, read
from dramaturg.errors import UserError

LONG = "A retired nurse who restores old wooden boats and teaches chess to children"


def written(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_row_left_out_says_which_line_it_repeats_and_how_much(tmp_path: Path) -> None:
    source = tmp_path / "people.txt"
    source.write_text(f"# people\n{LONG}.\n\nI ski.\n{LONG.replace('nurse', 'miller')}\ni ski\n")
    made_ = crowd.dedupe(source, tmp_path / "once.txt")
    assert (tmp_path / "once.txt").read_text() == f"{LONG}.\nI ski.\n"
    near, same = written(tmp_path / "once.dropped.jsonl")
    assert near == {
        "line": 5, "reason": "near-duplicate: of line 2, 92 % of the words in common",
        "repeats_line": 2, "repeats": f"{LONG}.", "alike": 0.9231,
        "text": LONG.replace("nurse", "miller"),
    }  # fmt: skip
    assert same["reason"] == "duplicate: of line 4, the same words"
    assert (made_.read, made_.kept, made_.dropped) == (4, 2, {"near-duplicate": 1, "duplicate": 1})


def test_rows_keep_their_bytes_and_bad_rows_are_told_with_their_line(tmp_path: Path) -> None:
    rows = ['{"text": "I ski.",  "n":1}', '{"text": 5}', "nonsense", '"I bake."', "",
            '{"facts": ["I swim.", {"text": "I run."}], "x": {"y": [1]}}', '{"text": ""}', "[]",
            '{"text": "%s"}' % ("long " * 30_000)]  # fmt: skip
    source = tmp_path / "people.jsonl"
    source.write_text("\n".join(rows))
    told = crowd.dedupe(source, tmp_path / "once.jsonl")
    assert (tmp_path / "once.jsonl").read_text().splitlines() == [rows[0], rows[3], rows[5]]
    reasons = [row["reason"] for row in written(tmp_path / "once.dropped.jsonl")]
    assert [reason.partition(":")[0] for reason in reasons] == [
        "not a persona", "not JSON", "no words", "no words", "too long",
    ]  # fmt: skip
    assert "line 2" in reasons[0]
    assert "line 9 has 149,999 characters" in reasons[4]
    assert told.read == 8


@pytest.mark.parametrize(
    ("value", "facts"),
    [
        ("I ski.", ("I ski.",)),
        ({"text": "I  ski."}, ("I ski.",)),
        ({"input persona": "A nurse"}, ("A nurse",)),
        ({"persona": "I ski.\nI bake.\n"}, ("I ski.", "I bake.")),
        ({"persona": ["I ski.", ""]}, ("I ski.",)),
        ({"text": "a note", "facts": [{"text": "I ski."}, "I bake."]}, ("I ski.", "I bake.")),
        (["I ski."], ("I ski.",)),
    ],
)
def test_what_a_record_knows_of_a_person(value: Any, facts: tuple[str, ...]) -> None:
    assert facts_of(value) == facts


def test_parquet_keeps_its_columns_and_gzip_is_read_and_written(tmp_path: Path) -> None:
    table = pa.table({"persona": ["I ski.", "I SKI", "I bake."], "n": [1, 2, 3],
                      "more": [[1.5], None, []]})  # fmt: skip
    pq.write_table(table, tmp_path / "people.parquet")
    crowd.dedupe(tmp_path / "people.parquet", tmp_path / "once.parquet")
    assert pq.read_table(tmp_path / "once.parquet").to_pylist() == [
        {"persona": "I ski.", "n": 1, "more": [1.5]}, {"persona": "I bake.", "n": 3, "more": []},
    ]  # fmt: skip
    crowd.dedupe(tmp_path / "people.parquet", tmp_path / "packed.jsonl.gz")
    packed = (tmp_path / "packed.jsonl.gz").read_bytes()
    assert len(gzip.decompress(packed).splitlines()) == 2
    assert len(list(read(tmp_path / "packed.jsonl.gz"))) == 2
    assert (tmp_path / "packed.dropped.jsonl").exists()


def test_the_same_file_gives_the_same_bytes_and_another_order_keeps_as_many(tmp_path: Path) -> None:
    rows = [json.dumps({"text": row.text}) for row in made(3_000, seed=2)]
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    outs = [tmp_path / f"{n}.jsonl" for n in range(3)]
    kept = [crowd.dedupe(tmp_path / "a.jsonl", out).kept for out in outs[:2]]
    assert outs[0].read_bytes() == outs[1].read_bytes()
    random.Random(1).shuffle(rows)
    (tmp_path / "b.jsonl").write_text("\n".join(rows))
    kept.append(crowd.dedupe(tmp_path / "b.jsonl", outs[2]).kept)
    assert kept[0] == kept[1] == kept[2]


def test_by_meaning_leaves_out_what_has_nearly_the_same_vector(tmp_path: Path) -> None:
    vectors = {"I own a dog": [1.0, 0.0], "A puppy is mine": [0.96, 0.28], "I ski": [0.0, 1.0],
               "I do not ski": [0.0, 1.0]}  # fmt: skip

    def embed(texts: Any) -> Any:
        return np.array([vectors[text] for text in texts], dtype=np.float32)

    (tmp_path / "a.txt").write_text("\n".join([*vectors, "i own a dog!"]))
    told = crowd.dedupe(tmp_path / "a.txt", tmp_path / "b.txt", by="meaning", embed=embed)
    assert (tmp_path / "b.txt").read_text() == "I own a dog\nI ski\nI do not ski\n"
    reasons = [row["reason"] for row in written(tmp_path / "b.dropped.jsonl")]
    assert reasons == [
        "same meaning: of line 1, cosine 0.96",
        "duplicate: of line 1, the same words",
    ]
    assert told.dropped == {"same meaning": 1, "duplicate": 1}


def test_a_target_that_exists_or_is_the_source_is_refused(tmp_path: Path) -> None:
    source, out = tmp_path / "a.txt", tmp_path / "b.txt"
    source.write_text("I ski.\nI bake.\n")
    out.write_text("mine")
    with pytest.raises(UserError, match="exists already"):
        crowd.dedupe(source, out)
    assert out.read_text() == "mine"
    with pytest.raises(UserError, match="source itself"):
        crowd.dedupe(source, source, force=True)
    with pytest.raises(UserError, match="no format"):
        crowd.dedupe(source, tmp_path / "b.docx")
    (tmp_path / "b.dropped.jsonl").write_text("of an earlier run")
    crowd.dedupe(source, out, force=True)
    assert out.read_text() == "I ski.\nI bake.\n"
    assert not (tmp_path / "b.dropped.jsonl").exists()


def test_an_error_on_the_way_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"facts": ["I ski.", "I bake."]}\n{"text": "I run."}\n')
    with pytest.raises(UserError, match="2 facts has no place"):
        crowd.dedupe(tmp_path / "a.jsonl", tmp_path / "b.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_the_people_of_a_run_folder_and_of_a_published_dataset_are_read(tmp_path: Path) -> None:
    import dramaturg as dg

    facts = Path(__file__).parents[1] / "runner" / "facts.txt"
    dg.run("synthetic-persona-chat", personas=facts, n=2, out=tmp_path / "run",
           drafts=1, rounds=1, new_facts=0, query_steps=2)  # fmt: skip
    from_run = [row.facts for row in read(tmp_path / "run") if isinstance(row, Row)]
    assert from_run
    assert all(len(facts) > 1 for facts in from_run)
    (tmp_path / "copy").mkdir()
    (tmp_path / "run" / "personas").rename(tmp_path / "copy" / "personas")
    from_copy = [row.facts for row in read(tmp_path / "copy") if isinstance(row, Row)]
    assert sorted(from_copy) == sorted(from_run)


def test_a_source_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_text("I ski.\nI bake.\n")

    def embed(texts: Any) -> Any:
        with source.open("a") as file:
            file.write("I run.\n" * 5_000)
        return np.eye(len(texts), 8, dtype=np.float32)

    with pytest.raises(UserError, match="changed while it was read"):
        crowd.dedupe(source, tmp_path / "b.txt", by="meaning", embed=embed)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_fields_that_a_text_file_cannot_hold_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "I ski.", "sex": "f"}\n{"text": "I bake."}\n')
    told = crowd.dedupe(tmp_path / "a.jsonl", tmp_path / "b.txt")
    assert told.notes == ["a text file holds the words alone; left behind: sex (1)"]
    assert (tmp_path / "b.txt").read_text() == "I ski.\nI bake.\n"
    with pytest.raises(UserError, match="a category has no place"):
        crowd.cluster(tmp_path / "a.jsonl", tmp_path / "c.txt")
    with pytest.raises(UserError, match="a weight has no place"):
        crowd.sample(tmp_path / "a.jsonl", tmp_path / "c.txt", to={"sex": {"f": 1}})


def test_categories_of_a_record_come_before_those_of_its_facts() -> None:
    facts = [{"text": "I ski.", "category": "sport"}, {"text": "I bake.", "category": "food"}]
    for value, own in [
        ({"facts": facts}, ["sport", "food"]),
        ({"facts": facts, "category": "x"}, ["x"]),
        ({"facts": facts, "categories": ["y", "y", "z"], "category": "x"}, ["y", "z"]),
        ({"text": "I ski."}, []),
    ]:
        assert categories_of(Row(1, ("I ski.",), value)) == own
