"""What a list shows: words, filters, order, addresses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dramaturg.viewer import Source
from dramaturg.viewer.search import Bound, Query, match, neighbour, orders, search
from tests.viewer.stage import ANN, BEN, DENIED, KEPT, LOST, OTHER, make_run, opened, talk

CHINESE = talk("我有两只狗。", "你好。", scene="s-3", split="train")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    run: Path = make_run(tmp_path_factory.mktemp("search") / "run", CHINESE)
    with opened(run) as (found,):
        yield found


NAMES = {KEPT.id: "kept", LOST.id: "lost", DENIED.id: "denied", OTHER.id: "other",
         CHINESE.id: "chinese"}  # fmt: skip


def found(source: Source, query: Query) -> list[str]:
    with source.asked() as db:
        answer = search(db, query)
    assert answer.count == len(answer.rows)
    return [NAMES[row.id] for row in answer.rows]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (Query(), ["kept", "other", "chinese"]),
        (Query(status="all"), ["kept", "lost", "denied", "other", "chinese"]),
        (Query(status="lost"), ["lost"]),
        (Query(status="dropped", reason="faithfulness"), ["denied"]),
        (Query(reason="faithfulness"), ["denied"]),
        (Query(status="all", reason="toxicity"), []),
        (Query(split="test"), ["other"]),
        (Query(status="all", round="1"), ["kept", "lost", "denied", "other", "chinese"]),
        (Query(status="all", round="2"), []),
        (Query(status="all", round="x"), []),
        (Query(marks="uses"), ["kept"]),
        (Query(marks="claims"), ["kept"]),
        (Query(marks="denies"), []),
        (Query(marks="none"), ["other", "chinese"]),
        (Query(q="sail saturday"), ["kept"]),
        (Query(q="SATUR"), ["kept"]),
        (Query(q='"my two dogs"', status="all"), ["kept", "lost"]),
        (Query(q='"dogs two"', status="all"), []),
        (Query(q="dogs -saturday"), ["other", "chinese"]),
        (Query(q="vegan"), ["kept", "other", "chinese"]),
        (Query(fact="boat"), ["other"]),
        (Query(fact="saturday"), []),
        (Query(q="狗"), ["chinese"]),
        (Query(q="只狗"), ["chinese"]),
        (Query(q='"'), []),
        (Query(q="!!!"), []),
        (Query(q="AND OR NOT (", status="all"), []),
        (Query(person=ANN.id, status="all"), ["kept", "lost", "denied", "chinese"]),
        (Query(person=BEN.id, q="quite"), ["other"]),
        (Query(scores={"faithfulness": Bound(low=0.5)}, status="all"), ["kept", "lost"]),
        (Query(scores={"faithfulness": Bound(high=0.5)}, status="all"), ["denied", "other"]),
        (Query(scores={"faithfulness": Bound(verdict="failed")}, status="all"), ["denied"]),
        (Query(scores={"nobody": Bound(low=0)}), []),
        (Query(sort="faithfulness"), ["other", "kept", "chinese"]),
        (Query(sort="-faithfulness"), ["kept", "other", "chinese"]),
        (Query(sort="-n"), ["chinese", "other", "kept"]),
        (Query(sort="no such order; DROP TABLE conv"), ["kept", "other", "chinese"]),
    ],
)
def test_a_list_shows_what_was_asked_for(source: Source, query: Query, names: list[str]) -> None:
    assert found(source, query) == names


def test_every_order_that_is_offered_works(source: Source) -> None:
    with source.asked() as db:
        offered = [value for value, _ in orders(db)]
    assert "-faithfulness" in offered
    for value in offered:
        assert sorted(found(source, Query(sort=value))) == ["chinese", "kept", "other"]


def test_the_neighbours_are_those_of_the_list(source: Source) -> None:
    query = Query(sort="-faithfulness")
    with source.asked() as db:
        near = [neighbour(db, query, at) for at in (-1, 0, 1, 2, 3)]
    assert near == [None, KEPT.id, OTHER.id, CHINESE.id, None]


_words = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20).map(str.strip)


@settings(max_examples=60, deadline=None)
@given(
    q=_words,
    fact=_words,
    sort=st.sampled_from(["", "-n", "turns", "-faithfulness"]),
    page=st.integers(1, 99_999_999),
    low=st.none() | st.floats(-1e6, 1e6),
    name=st.text("abc .é&=", min_size=1, max_size=8),
)
def test_the_same_query_is_always_the_same_address_and_back(
    q: str, fact: str, sort: str, page: int, low: float | None, name: str
) -> None:
    scores = {name: Bound(low=low, verdict="failed")}
    query = Query(q=q, fact=fact, sort=sort, page=page, scores=scores, status="all")
    given = dict(parse_qsl(query.address(), keep_blank_values=True))
    assert Query.read(given) == query
    assert Query.read(given).address() == query.address()


@settings(max_examples=80, deadline=None)
@given(text=st.text(max_size=30))
def test_no_text_breaks_the_search(source: Source, text: str) -> None:
    found(source, Query(q=text, fact=text, status="all"))


def test_words_become_a_search_whose_last_word_may_go_on() -> None:
    assert match("two dogs") == '"two" "dogs" *'
    assert match('"two dogs" -cat', "facts") == 'facts : ("two dogs" NOT "cat")'
    assert match("-cat") is None
    assert match("") is None
