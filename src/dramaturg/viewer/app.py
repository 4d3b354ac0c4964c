"""The viewer's pages: each address, and what it shows. Nothing here writes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from markupsafe import Markup

from dramaturg.errors import UserError
from dramaturg.records import Conversation
from dramaturg.viewer import charts, difference, one, people, search, tables
from dramaturg.viewer.guard import Guard
from dramaturg.viewer.overview import Overview
from dramaturg.viewer.pages import page, part
from dramaturg.viewer.schema import STATUSES, key_of
from dramaturg.viewer.search import Query
from dramaturg.viewer.shown import short, shown
from dramaturg.viewer.source import Source
from dramaturg.viewer.web import make_app

Answer = Callable[[web.Request], web.Response]
DROPS_A_PAGE = 100
_THREADS = 4
_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
_PICTURES = {"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}


class Viewer:
    """The pages over one or two sources."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = list(sources)
        self._overviews = [Overview(source) for source in sources]
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="page")
        self._kept: dict[Any, Any] = {}
        self._seen = threading.local()  # one request is one thread's work

    def app(self, guard: Guard) -> web.Application:
        """The application."""
        one_of = r"/{at:[1-9]\d?}"
        routes = {
            "/": self.begin,
            "/compare": self.compare,
            "/compare/{left}/{right}": self.compared,
            one_of: self.begin,
            f"{one_of}/conversations": self.conversations,
            f"{one_of}/conversations/{{id}}": self.conversation,
            f"{one_of}/conversations/{{id}}/turns/{{turn:\\d{{1,6}}}}": self.turn,
            f"{one_of}/conversations/{{id}}/beside/{{other}}": self.beside,
            f"{one_of}/people": self.people,
            f"{one_of}/people/{{id}}": self.person,
            f"{one_of}/dropped": self.dropped,
            f"{one_of}/tables/{{name}}": self.table,
            f"{one_of}/run": self.run,
            f"{one_of}/pulse": self.pulse,
            f"{one_of}/report/{{name:.+}}": self.file,
        }
        app = make_app([web.get(path, self._threaded(f)) for path, f in routes.items()], guard)
        app.on_cleanup.append(self._close)
        return app

    # Pages

    def begin(self, request: web.Request) -> web.Response:
        """To the conversations, or to the first table of a run that makes none."""
        at = request.match_info.get("at", "1")
        source = self.sources[int(at) - 1] if int(at) <= len(self.sources) else None
        made = self._tables(source) if source else {}
        if source and made and not any((source.folder / "data").glob("*.parquet")):
            raise web.HTTPSeeOther(f"/{at}/tables/{part(next(iter(made)))}")
        raise web.HTTPSeeOther(f"/{at}/conversations")

    def conversations(self, request: web.Request) -> web.Response:
        """The list."""
        _, source = self._source(request)
        query = Query.read(request.query)
        with source.asked() as db:
            found = search.search(db, query)
            counts = self._keep(source, "counts", lambda: self._counts(db))
            facets, facts = counts["facets"], counts["scorers"]
            who = people.person(db, query.person) if query.person else None
            rows = [self._row(source, db, row, query) for row in found.rows]
            orders = search.orders(db)
        return self._page(
            "list.html", request, "conversations",
            query=query, found=search.Found(rows, found.count, found.pages), facets=facets,
            counts=dict(facets["status"]), statuses=STATUSES, marks=search.MARKS, orders=orders,
            scorers=[{**fact, "bound": query.scores.get(fact["name"])} for fact in facts],
            person=who, kind="listing",
        )  # fmt: skip

    def conversation(self, request: web.Request) -> web.Response:
        """One, with its evidence, its rivals, its lineage and its calls."""
        at, source = self._source(request)
        query, place = Query.read(request.query), request.query.get("at", "")
        with source.asked() as db:
            d = one.detail(source, db, request.match_info["id"])
            made = d.talk.provenance
            calls = (
                [
                    ("writer", one.calls(source, made.calls)),
                    ("critics", one.calls(source, one.critics_calls(d))),
                ]
                if source.is_run
                else []
            )
            near: list[str | None] = [None, None]
            if place.isdecimal() and len(place) < 10:
                near = [search.neighbour(db, query, int(place) + step) for step in (-1, 1)]
            known = {
                i for i in made.demonstrations
                if db.execute("SELECT 1 FROM conv WHERE key = ?", (key_of(i),)).fetchone()
            }  # fmt: skip
            parents = self._parents(db, d)
        back = query.address(page=int(place) // search.PER_PAGE + 1) if near != [None, None] else ""
        judged = {v.scorer for v in d.verdicts}
        return self._page(
            "one.html", request, "conversations",
            d=d, made=made, calls=calls, known=known, parents=parents, statuses=STATUSES,
            relations=one.RELATIONS,
            of_fact=one.OF_FACT, back=back, scene=_scene(d.talk),
            previous=self._near(at, near[0], query, place, -1),
            following=self._near(at, near[1], query, place, 1),
            rest=[(k, v) for k, v in sorted(d.talk.scores.items()) if k not in judged],
            won=sum(c.winner == d.talk.id for c in d.comparisons),
            lost=sum(c.winner not in (None, d.talk.id) for c in d.comparisons),
        )  # fmt: skip

    def turn(self, request: web.Request) -> web.Response:
        """One whole turn as plain text."""
        _, source = self._source(request)
        with source.asked() as db:
            turns = source.talk(db, request.match_info["id"]).turns
        number = int(request.match_info["turn"])
        if number >= len(turns):
            raise web.HTTPNotFound(text=f"There is no turn {number}.")
        return web.Response(
            body=turns[number].text.encode("utf-8", "replace"),
            content_type="text/plain",
            charset="utf-8",
        )

    def beside(self, request: web.Request) -> web.Response:
        """Two drafts of one pair."""
        at, source = self._source(request)
        with source.asked() as db:
            left, right = one.rival_pair(
                source, db, request.match_info["id"], request.match_info["other"]
            )
            states = [one.detail(source, db, talk.id) for talk in (left, right)]
        return self._page(
            "beside.html", request, "conversations",
            lines=difference.difference(left, right), sides=states, statuses=STATUSES,
            names=[s.name for s in left.speakers], places=[at, at],
        )  # fmt: skip

    def people(self, request: web.Request) -> web.Response:
        """The people."""
        _, source = self._source(request)
        query = people.PeopleQuery.read(request.query)
        with source.asked() as db:
            found, count, pages = people.people(db, query)
            groups = self._keep(source, "categories", lambda: people.categories(db))
        return self._page(
            "people.html", request, "people",
            query=query, found=found, count=count, pages=pages, categories=groups,
            orders=people.ORDERS,
        )  # fmt: skip

    def person(self, request: web.Request) -> web.Response:
        """One person: facts, growth, conversations, similar people."""
        _, source = self._source(request)
        with source.asked() as db:
            who = people.person(db, request.match_info["id"])
            like = people.similar(db, who)
            steps = people.growth(source, db, who)
            query = Query(person=who.id)
            talks = search.search(db, query)
            rows = [self._row(source, db, row, query) for row in talks.rows[:10]]
        return self._page(
            "person.html", request, "people",
            who=who, like=like, steps=steps, rows=rows, count=talks.count, statuses=STATUSES,
            refused=sum(len(step.refused) for step in steps), query=query,
        )  # fmt: skip

    def dropped(self, request: web.Request) -> web.Response:
        """Everything that was not kept, each with its reason."""
        _, source = self._source(request)
        given = request.query
        parts, values = ["1"], []
        for name in ("kind", "class"):
            if given.get(name):
                parts.append(f"{name} = ?")
                values.append(given[name])
        if given.get("q"):
            parts.append("(reason LIKE ? ESCAPE '\\' OR subject LIKE ? ESCAPE '\\')")
            like = re.sub(r"([%_\\])", r"\\\1", given["q"][:200])
            values += [f"%{like}%"] * 2
        where = " AND ".join(parts)
        number = search.page_of(given.get("page", "1"))
        with source.asked() as db:
            count = db.execute(f"SELECT COUNT(*) FROM gone WHERE {where}", values).fetchone()[0]
            pages = max(1, -(-count // DROPS_A_PAGE))
            number = min(number, pages)
            rows = db.execute(
                "SELECT kind, class, reason, subject, round, EXISTS(SELECT 1 FROM conv WHERE "
                f"conv.key = gone.key) FROM gone WHERE {where} ORDER BY n LIMIT ? OFFSET ?",
                (*values, DROPS_A_PAGE, (number - 1) * DROPS_A_PAGE),
            ).fetchall()
            groups = self._keep(
                source, "gone",
                lambda: db.execute(
                    "SELECT kind, class, COUNT(*) FROM gone GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 60"
                ).fetchall(),
            )  # fmt: skip
        return self._page(
            "dropped.html", request, "dropped",
            rows=rows, count=count, pages=pages, number=number, groups=groups, given=given,
            address=_Address({k: given[k] for k in ("kind", "class", "q") if given.get(k)}),
        )  # fmt: skip

    def table(self, request: web.Request) -> web.Response:
        """Rows that are no conversations, a page at a time."""
        _, source = self._source(request)
        name, words = request.match_info["name"], request.query.get("q", "")[:200]
        if not source.is_run:
            raise web.HTTPNotFound(text="Only a run has further tables.")
        number = search.page_of(request.query.get("page", "1"))
        found = tables.rows(source.folder, name, words, number)
        return self._page(
            "tables.html", request, "tables",
            table=name, found=found, q=words, address=_Address({"q": words} if words else {}),
        )  # fmt: skip

    def run(self, request: web.Request) -> web.Response:
        """The run as a whole; asked again and again while it goes on."""
        at, source = self._source(request)
        with source.asked() as db:
            figures = self._overviews[at - 1].figures(db)
        return self._page("run.html", request, "run", **figures)

    def pulse(self, request: web.Request) -> web.Response:
        """In one line how far the index and the run are."""
        _, source = self._source(request)
        told = {"settled": source.settled, "revision": source.revision}  # in this order
        return web.json_response({"text": self._pulse(source), **told})

    def file(self, request: web.Request) -> web.Response:
        """A picture of the report, or report.html itself, which may use its own style only."""
        at, source = self._source(request)
        name = request.match_info["name"]
        if name not in self._overviews[at - 1].files():
            raise web.HTTPNotFound(text="There is no such file in the report.")
        body = (source.folder / name).read_bytes()
        hashes = [
            "'sha256-" + base64.b64encode(hashlib.sha256(style).digest()).decode() + "'"
            for style in _STYLE.findall(body)
        ]
        policy = (
            f"default-src 'none'; style-src {' '.join(hashes) or chr(39) + 'none' + chr(39)}; "
            "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
            "sandbox"
        )
        kind = _PICTURES.get(name.rpartition(".")[2].lower(), "text/html")
        headers = {"Content-Security-Policy": policy}
        text = kind in ("text/html", "image/svg+xml")
        return web.Response(
            body=body, content_type=kind, charset="utf-8" if text else None, headers=headers
        )

    def compare(self, request: web.Request) -> web.Response:
        """Two sources side by side."""
        from dramaturg.viewer import compare  # lazily: it brings numpy along

        first, second = self._two()
        with first.asked() as a, second.asked() as b:
            sides = (compare.Side(first, a), compare.Side(second, b))
            seen = (first.revision, second.revision)
            if self._kept.get("compare", (None,))[0] != seen:  # the newest alone is kept
                self._kept["compare"] = (seen, compare.figures(*sides))
            figures = self._kept["compare"][1]
        return self._page("compare.html", request, "compare", titles=[first.title, second.title],
                          **figures)  # fmt: skip

    def compared(self, request: web.Request) -> web.Response:
        """A conversation of each source for the same pair."""
        first, second = self._two()
        with first.asked() as a, second.asked() as b:
            states = [
                one.detail(first, a, request.match_info["left"]),
                one.detail(second, b, request.match_info["right"]),
            ]
        left, right = states[0].talk, states[1].talk
        return self._page(
            "beside.html", request, "compare",
            lines=difference.difference(left, right), sides=states, statuses=STATUSES,
            names=[s.name for s in left.speakers], places=[1, 2],
        )  # fmt: skip

    # Inside

    def _threaded(self, answer: Answer) -> Callable[[web.Request], Any]:
        async def handle(request: web.Request) -> web.StreamResponse:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, self._answer, answer, request)

        return handle

    def _answer(self, answer: Answer, request: web.Request) -> web.Response:
        """What the page is a picture of is noted first: what comes meanwhile is then new to it."""
        at = int(request.match_info.get("at", 0))
        source = self.sources[at - 1] if 0 < at <= len(self.sources) else None
        self._seen.settled = source is None or source.settled
        self._seen.revision = source.revision if source else 0
        return answer(request)

    async def _close(self, app: web.Application) -> None:
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)
        for source in self.sources:
            await asyncio.to_thread(source.close)

    def _source(self, request: web.Request) -> tuple[int, Source]:
        at = int(request.match_info["at"])
        if at > len(self.sources):
            raise web.HTTPNotFound(text=f"Only {len(self.sources)} were opened.")
        return at, self.sources[at - 1]

    def _two(self) -> tuple[Source, Source]:
        if len(self.sources) < 2:
            raise UserError(
                "there is nothing to compare",
                fix="name two runs or datasets: dramaturg view ONE OTHER",
            )
        return self.sources[0], self.sources[1]

    def _page(self, name: str, request: web.Request, here: str, **values: Any) -> web.Response:
        at = int(request.match_info.get("at", 0))
        source = self.sources[at - 1] if at else None
        return page(
            name, at=at, here=here, source=source, sources=self.sources,
            settled=self._seen.settled, revision=self._seen.revision,
            pulse=self._pulse(source) if source else "",
            tables=self._tables(source) if source else {}, **values,
        )  # fmt: skip

    @staticmethod
    def _tables(source: Source) -> dict[str, int]:
        """Further tables of a run, with their rows."""
        return tables.tables(source.folder) if source.is_run else {}

    @staticmethod
    def _pulse(source: Source) -> str:
        if source.error is not None:
            return f"The index stopped: {source.error.what}"
        if not source.complete:
            if source.total:
                return f"Indexing: {100 * source.done // source.total} %"
            return f"Indexing: {source.done:,} read" if source.done else "Indexing"
        return "Running" if source.state == "running" else ""

    def _keep(self, source: Source, name: str, make: Callable[[], Any]) -> Any:
        """A value that holds until the index changes; while it grows, for a while that is long
        beside what the value costs."""
        key, seen = (name, self.sources.index(source)), (self._seen.settled, source.revision)
        now = time.monotonic()
        if key in self._kept:
            value, kept_for, at, cost = self._kept[key]
            growing = not self._seen.settled and now - at < max(1.0, 20 * cost)
            if growing or (self._seen.settled and kept_for == seen):
                return value
        value = make()
        self._kept[key] = (value, seen, now, time.monotonic() - now)
        return value

    @staticmethod
    def _counts(db: Any) -> dict[str, Any]:
        found = search.counts(db)
        for scorer in found["scorers"]:
            told = f"How many conversations have which {scorer['name']}"
            scorer["picture"] = charts.columns(scorer["histogram"], label=told, height=54)
        return found

    @staticmethod
    def _row(source: Source, db: Any, row: search.Row, query: Query) -> Any:
        """The row with an excerpt: its beginning, or where the words are."""
        words = search.words_of(f"{query.q}")
        line = row.line
        if words:
            starts = (rf"\b{re.escape(w)}" if w.isascii() else re.escape(w) for w in words)
            wanted = re.compile("|".join(starts), re.IGNORECASE)
            talk = source.talk(db, row.id)
            texts = [turn.text for turn in talk.turns]
            texts += [fact for speaker in talk.speakers for fact in speaker.persona]
            hits = ((text, hit) for text in texts if (hit := wanted.search(text[:100_000])))
            text, hit = next(hits, (line, None))
            begin = max(0, hit.start() - 60) if hit else 0
            line = ("…" if begin else "") + short(text[begin : begin + 260], 220)
            excerpt = _marked(line, wanted)
        else:
            excerpt = shown(line)
        return {**{name: getattr(row, name) for name in row.__dataclass_fields__},
                "excerpt": excerpt}  # fmt: skip

    @staticmethod
    def _near(at: int, identity: str | None, query: Query, place: str, step: int) -> str | None:
        if identity is None:
            return None
        told = query.address(page=1)
        where = f"{told}&at=" if told else "at="
        return f"/{at}/conversations/{part(identity)}?{where}{int(place) + step}"

    @staticmethod
    def _parents(db: Any, d: one.Detail) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for fact in (fact for person in d.people for fact in person.facts):
            rows = (
                db.execute("SELECT text FROM fact WHERE key = ?", (key_of(i),)).fetchone()
                for i in fact.parents[:20]
            )
            found[fact.id] = [row[0] for row in rows if row]
        return found


class _Address:
    """What a pager needs of a query."""

    def __init__(self, given: dict[str, str]) -> None:
        self.given = given

    def address(self, page: int = 1) -> str:
        """The part of an address behind "?"."""
        return urlencode(self.given | ({"page": str(page)} if page > 1 else {}), errors="replace")


def _scene(talk: Conversation) -> list[tuple[str, str]]:
    """What can be said of the scene in a line each; pairs of facts as "one / other"."""
    told = []
    for name, value in talk.scene.items():
        if isinstance(value, list):
            parts = [" / ".join(map(str, v.values())) if isinstance(v, dict) else str(v)
                     for v in value[:12]]  # fmt: skip
            value = ", ".join(parts)
        if value not in (None, "", {}, []):
            told.append((name.replace("_", " "), str(value)))
    return told[:20]


def _mark(text: str) -> Markup:
    return Markup("<mark>{}</mark>").format(shown(text))


def _marked(text: str, wanted: re.Pattern[str]) -> Markup:
    parts: list[Markup] = []
    at = 0
    for hit in wanted.finditer(text):
        if hit.end() > hit.start():
            parts += [
                shown(text[at : hit.start()]),
                _mark(hit[0]),
            ]
            at = hit.end()
    return Markup("").join([*parts, shown(text[at:])])
