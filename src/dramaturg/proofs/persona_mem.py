"""Proofs of lives in time: what holds when, what a reader may see, and what options give away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dramaturg import evaluate, generate, profile
from dramaturg.errors import RecordError
from dramaturg.evaluate import Asked, Chosen, History, OptionChecks, OptionScores
from dramaturg.proofs.proof import hold, proof
from dramaturg.records import (
    Conversation,
    Drop,
    Event,
    Fact,
    Grounding,
    OptionQuestion,
    Persona,
    Speaker,
    Stance,
    Turn,
)

NAME = "persona-mem"
AsOf = Callable[[Sequence[Event], str], Mapping[str, Event]]
Link = Callable[[Sequence[Event], Sequence[Event]], tuple[list[Event], list[Drop]]]
Path = Callable[[Sequence[Event], str, str], Sequence[Event]]
Hold = Callable[[Persona, str], Persona]
Join = Callable[..., History]
Plan = Callable[..., list[Asked]]
Places = Callable[..., list[int]]
Read = Callable[[str, int], Chosen]
Check = Callable[..., OptionChecks]
Score = Callable[[Sequence[OptionQuestion], Sequence[str | None]], OptionScores]
Faults = Callable[[generate.DraftQuestion], str]
Day = Callable[[str], str]


@proof(NAME, "like, dislike, like again: on each day holds what was last told by then")
def state_on_each_day(state_on: AsOf = profile.state_on) -> str:
    events = [  # out of order on purpose
        _event("2024-09-09", "likes", "they cook with friends now"),
        _event("2023-02-01", "likes"),
        _event("2024-03-05", "dislikes", "a burnt hand", about="Cooking"),
    ]
    wanted = {
        "2023-01-31": None,
        "2023-02-01": "likes",
        "2024-03-04": "likes",
        "2024-03-05": "dislikes",
        "2024-09-08": "dislikes",
        "2024-09-09": "likes",
    }
    for day, stance in wanted.items():
        state = state_on(events, day)
        found = next((event.stance for event in state.values()), None)
        hold(found == stance, f"on {day} it is {found}, not {stance}")
        hold(len(state) <= 1, f"one thing has {len(state)} states on {day}")
    return "2 changes, 6 days, each change's own day among them: 6 of 6 right"


@proof(NAME, "dates are compared as days, also when they are written month first")
def dates_are_days(read_date: Day = profile.read_date) -> str:
    written = ["12/31/2023", "01/02/2024", "11/30/2023", "2024-01-01"]
    found = sorted(written, key=read_date)
    right = ["11/30/2023", "12/31/2023", "2024-01-01", "01/02/2024"]
    hold(found == right, f"in order: {found}")
    try:
        impossible = read_date("02/30/2024")
    except RecordError:
        return "4 dates in two notations in order, the 30th of February refused"
    hold(False, f"the 30th of February was read as {impossible}")
    return ""


@proof(NAME, "an event that cannot be true beside the timeline is refused with its reason")
def only_real_changes(link: Link = profile.linked) -> str:
    known = [_event("2023-02-01", "likes")]
    new = [
        _event("2024-03-05", "likes", "still fun"),  # no change
        _event("2024-04-01", "dislikes"),  # a change without a reason
        _event("2024-05-01", "dislikes", "a burnt hand"),
        _event("2024-06-01", "dislikes", "another burnt hand"),  # no change by then
        _event("2024-07-01", "likes", "a good teacher"),  # back again
    ]
    kept, drops = link(known, new)
    days = [(event.date, event.stance) for event in kept]
    hold(days == [("2024-05-01", "dislikes"), ("2024-07-01", "likes")], f"kept: {days}")
    hold(kept[0].replaces == known[0].id, "the change does not say what it ends")
    hold(kept[1].replaces == kept[0].id, "the change back does not say what it ends")
    classes = [drop.reason_class for drop in drops]
    hold(classes == ["no change", "no reason", "no change"], f"refused: {classes}")
    return "of 5 events 2 kept, 2 no change, 1 without a reason"


@proof(NAME, "how a thing went is told by its own events, not by others of the same days")
def paths_are_of_one_thing(path: Path = profile.path) -> str:
    events = [
        _event("2023-02-01", "likes"),
        _event("2023-02-01", "dislikes", about="sailing"),
        _event("2024-03-05", "likes", "a calm bay", about="sailing"),
        _event("2024-03-05", "dislikes", "a burnt hand"),
        _event("2024-06-06", "likes", "a course"),
    ]
    for about, day, wanted in (
        ("cooking", "2024-05-01", ["likes", "dislikes"]),
        ("Cooking", "2024-06-06", ["likes", "dislikes", "likes"]),
        ("sailing", "2025-01-01", ["dislikes", "likes"]),
        ("chess", "2025-01-01", []),
    ):
        found = [event.stance for event in path(events, about, day)]
        hold(found == wanted, f"{about} until {day}: {found}, not {wanted}")
    return "2 things that change on the same 2 days: 4 of 4 paths right"


@proof(NAME, "a fact holds from its first day on, and not on the day on which it ends")
def facts_end(person_as_of: Hold = profile.person_as_of) -> str:
    person = Persona(
        facts=(
            Fact(text="I was born in 1980."),
            Fact(text="I like cooking.", valid_from="2023-02-01", valid_to="2024-03-05"),
            Fact(text="I dislike cooking.", valid_from="2024-03-05"),
        )
    )
    for day, wanted in {
        "2023-01-31": [0],
        "2023-02-01": [0, 1],
        "2024-03-05": [0, 2],
        "2025-01-01": [0, 2],
    }.items():
        held = [person.facts.index(fact) for fact in person_as_of(person, day).facts]
        hold(held == wanted, f"on {day} hold the facts {held}, not {wanted}")
    return "3 facts on 4 days: never two states of one thing"


@proof(NAME, "nothing that a reader sees is dated after the question")
def nothing_later_is_seen(join: Join = evaluate.join_sessions) -> str:
    sessions = _sessions()
    history = join(sessions, seed=1)
    day_of = {f"{topic} {n}": day for topic, n, day in _DAYS}
    for session in range(len(sessions)):
        seen = {turn.text for turn in history.until(session)}
        day = history.dates[session]
        late = sorted(text for text in seen if day_of[text] > day)
        hold(not late, f"asked on {day}, a reader sees {late}")
    seen_first = [turn.text for turn in history.until(0)]
    hold(seen_first == ["food 1"], f"after the first session a reader sees {seen_first}")
    return "6 sessions of 2 topics whose dates cross: 6 cuts, 0 later turns seen"


@proof(NAME, "a question before the change has the old answer, and never sees the later session")
def asked_while_it_holds(plan: Plan = evaluate.plan_questions) -> str:
    events = [
        _event("2024-01-01", "likes"),
        _event("2024-03-01", "dislikes", "a burnt hand"),
        _event("2024-05-01", "likes", "a good teacher"),
    ]
    sessions = [_telling(event) for event in events]
    # What happened on the 10th of January is told in May only: in between it is not known.
    early = _event("2024-01-10", "likes", about="sailing")
    sessions[2] = _telling(events[2], early)
    history = evaluate.join_sessions(sessions, seed=1)
    asked = 0
    for seed in range(20):
        for one in plan(history, [*events, early], count=8, kinds=evaluate.KINDS, seed=seed):
            seen = {fact for turn in history.until(one.session) for fact in turn.facts}
            told = [e for e in (*events, early) if e.id in seen and e.thing == one.event.thing]
            hold(bool(told), f"{one.event.about!r} is asked before it was told")
            hold(
                one.event == told[-1],
                f"after session {one.session} the answer is of {one.event.date}, "
                f"told was {told[-1].date}",
            )
            changed = len(one.path) > 1
            needs = one.kind in ("reason_for_change", "full_evolution")
            hold(changed or not needs, f"{one.kind} is asked of what never changed")
            asked += 1
    hold(asked >= 100, f"only {asked} questions were planned")
    return f"{asked} planned questions over 3 states and one late telling: all answers as told"


@proof(NAME, "letters of right options are balanced, in every kind too")
def balanced_letters(places: Places = evaluate.balanced_places) -> str:
    found = places(4_000, 4, seed=5)
    counts = [found.count(letter) for letter in range(4)]
    statistic, p = evaluate.chi_square(counts)
    hold(p > 0.01, f"letters fall {counts}: chi-square {statistic:.1f}, p {p:.2g}")
    hold(max(counts) - min(counts) <= 1, f"letters fall {counts}")
    for start in range(0, 4_000, 500):
        part = [found[start : start + 500].count(letter) for letter in range(4)]
        hold(max(part) - min(part) <= 2, f"questions {start} to {start + 499}: {part}")
    runs = sum(a == b for a, b in zip(found, found[4:], strict=False)) / len(found)
    hold(runs < 0.5, f"the letter four questions on is the same in {runs:.0%}: a pattern")
    return f"4,000 questions: {counts}, p {p:.2f}"


@proof(NAME, "an answer is a letter that stands as one: two are none, an article is none")
def letters_are_read(read: Read = evaluate.read_option) -> str:
    cases: dict[str, int | None] = {
        "(b)": 1,
        "b.": 1,
        "B": 1,
        "I weigh (a) and (b).\nFinal answer: (c)": 2,
        "<final_answer>d</final_answer>": 3,
        "Final answer: b, since they moved": 1,
        "(a) or (b)": None,
        "Final answer: A or C": None,
        "B, C": None,
        "A quiet walk would suit them.": None,
        "They would like a good dog.": None,
        "Final answer: a walk by the sea": None,
        "I cannot tell.": None,
        "(e)": None,
        "": None,
    }
    for reply, wanted in cases.items():
        found = read(reply, 4).index
        hold(found == wanted, f"{reply!r} is read as {found}, not {wanted}")
    return f"{len(cases)} replies, {sum(v is None for v in cases.values())} of them no answer"


@proof(NAME, "replies without a letter are wrong answers, not missing ones")
def silence_is_wrong(score: Score = evaluate.score_options) -> str:
    questions = [_question(i, right=i % 4) for i in range(8)]
    replies = ["(a)", "(b)", "(c)", "(d)", "A dog.", "(a) or (b)", "", None]
    found = score(questions, replies)
    hold((found.right.hits, found.right.n) == (4, 8), f"{found.right.hits} of {found.right.n}")
    hold(found.states == {"chosen": 4, "lost": 1, "several": 1, "unparsed": 2}, f"{found.states}")
    return "8 questions, 4 right, 4 without an answer: 0.50, not 1.00"


@proof(NAME, "a reader of lengths and a reader of the last mention show what options give away")
def leaks_are_found(check: Check = evaluate.check_options) -> str:
    long = [_question(i, right=i % 4, right_words=9) for i in range(8)]
    same = [_question(i, right=i % 4) for i in range(8)]
    turns = {"h": ["They spoke of right things.", "They spoke of something else."]}
    by_length = check(long, turns).readers["longest option"]
    fair = check(same, turns).readers["longest option"]
    hold(by_length.value == 1.0, f"right options of double length: {by_length.value}")
    hold(fair.value == 0.25, f"options of equal length: {fair.value}, not chance")
    last = check(same, turns).readers["last mention"]
    hold(last.value == 1.0, f"right options that were mentioned last: {last.value}")
    hidden = [_question(i, right=i % 4, ends=0) for i in range(8)]
    unseen = check(hidden, turns).readers["last mention"]
    hold(unseen.value == 0.25, f"mentioned only after the question: {unseen.value}, not chance")
    return "longest 1.00 where planted, 0.25 where not; last mention 1.00, after the cut 0.25"


@proof(NAME, "a question whose options give the right one away is sent back")
def options_are_equal(faults: Faults = generate.question_faults) -> str:
    even = ("Try the lake path at dawn today.",) * 1
    draft = generate.DraftQuestion(
        text="What shall I do on Sunday?",
        right=even[0],
        wrong=(
            ("Try the big mall before noon today.", "another person"),
            ("Try the old gym down town today.", "not up to date"),
            ("Try the tea house next door today.", "stereotype"),
        ),
    )
    hold(faults(draft) == "", f"even options are sent back: {faults(draft)}")
    long = "Try the lake path at dawn today, since you said that you love the water and its calm."
    told = "Shall I try the lake path at dawn?"
    tried = {
        "longer": generate.DraftQuestion(text=draft.text, right=long, wrong=draft.wrong),
        "shorter": generate.DraftQuestion(text=draft.text, right="The lake.", wrong=draft.wrong),
        "told": generate.DraftQuestion(text=told, right=draft.right, wrong=draft.wrong),
    }
    for name, bad in tried.items():
        hold(faults(bad) != "", f"a right option that is {name} passes")
    return "even options pass; the right one longer, shorter, or told by the question: sent back"


_DAYS = [
    ("food", 1, "2024-01-01"), ("food", 2, "2024-02-20"), ("food", 3, "2024-12-01"),
    ("work", 1, "2024-02-10"), ("work", 2, "2024-03-01"), ("work", 3, "2024-04-01"),
]  # fmt: skip


def _sessions() -> list[Conversation]:
    return [
        Conversation(
            scene_id=f"{topic}{n}",
            scene={"topic": topic, "date": day},
            speakers=(Speaker(name="User", persona_id="p"), Speaker(name="Assistant")),
            turns=(Turn(speaker=0, text=f"{topic} {n}"),),
        )
        for topic, n, day in _DAYS
    ]


def _event(date: str, stance: Stance, reason: str = "", about: str = "cooking") -> Event:
    text = f"Something happened with {about} on {date}."
    return Event(date=date, text=text, about=about, stance=stance, reason=reason, topic="food")


def _telling(*events: Event) -> Conversation:
    return Conversation(
        scene_id=events[0].id,
        scene={"topic": "food", "date": events[0].date},
        speakers=(Speaker(name="User", persona_id="p"), Speaker(name="Assistant")),
        turns=tuple(
            Turn(speaker=0, text=event.text, grounding=(Grounding(fact_id=event.id),))
            for event in events
        ),
    )


def _question(number: int, *, right: int, right_words: int = 4, ends: int = 1) -> OptionQuestion:
    options = [f"one wrong choice {n}{number}" for n in "wxyz"]
    options[right] = " ".join(["right", "things", f"so{number}"] + ["indeed"] * (right_words - 3))
    return OptionQuestion(
        text=f"Number {number}?", options=tuple(options), right=right, history="h", ends=ends
    )
