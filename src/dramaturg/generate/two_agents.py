"""Two people who each know only themselves talk turn by turn, and part when it is time.

Source: Tu et al. 2023, "CharacterChat": a memory is chosen for each turn, the mood of the one who
looks for support is rated after each of theirs, and two farewells end the talk.
Differs: speakers have memory banks of their own unless told otherwise; a rating that cannot be read
counts as none and is noted; whatever a reply loses is counted in the provenance.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dramaturg.errors import ReplyError
from dramaturg.generate.memory import MemoryBank
from dramaturg.generate.reply import (
    ChooseInput,
    ReplyInput,
    choose_task,
    farewell_task,
    reply_task,
)
from dramaturg.generate.stage import in_turn, stage
from dramaturg.models import ChatModel, ask, calls_heard
from dramaturg.records import (
    Conversation,
    Drop,
    Pair,
    Persona,
    Provenance,
    Speaker,
    Turn,
    derive_seed,
)
from dramaturg.store import notes

Rate = Callable[[str, str, int], Awaitable[float]]
"""What is said, what it answers, and a seed -> a rating; raises ReplyError where there is none."""


@dataclass(frozen=True)
class Agent:
    """One side: a person, what they are there for, and what they can bring up.

    Attributes:
        role: Names the prompt files `reply_ROLE` and `farewell_ROLE`, and the side.
        statement: Who the person is, in the second person.
        memories: Text by name.
        tones: Sentences in the person's tone.
        must: Name of the memory to use, by the number of the own turn, from 0.
        extra: Memory that is taken half of the time when none was chosen; "" = none.
    """

    role: str
    person: Persona
    statement: str
    memories: Mapping[str, str]
    tones: tuple[str, ...] = ()
    must: Mapping[int, str] = field(default_factory=dict)
    extra: str = ""


def agent(
    role: str,
    person: Persona,
    *,
    also: Sequence[str] = (),
    without: Sequence[str] = (),
    must: Mapping[int, str] = {},
    extra: str = "",
) -> Agent:
    """The agent of a person with the views "statement", "memories" and "tones".

    Args:
        also: Memories that stand in the statement as well.
        without: Memories that this side keeps to itself.
    """
    memories = {k: str(v) for k, v in person.views["memories"].items() if k not in without}
    told = [str(person.views["statement"]), *(memories[name] for name in also)]
    tones = tuple(map(str, person.views.get("tones", ())))
    return Agent(role, person, " ".join(told), memories, tones, must, extra)


@dataclass(frozen=True)
class TwoAgents:
    """How talks are held; made once for all pairs.

    Attributes:
        rate: Rates each turn of the first speaker but the opening and the farewell; None = never.
        stop: Says from the ratings so far whether it is time to part.
        most: Turns in all, the opening and two farewells among them, >= 4.
        window, rest_at: See `MemoryBank`; a memory that must be used is no choice.
        one_window: What one speaker brings up rests for both, as in the published talks.
        opening: The first turn, as it stands.
        recipe: Name for the provenance.
    """

    writer: ChatModel
    rate: Rate | None
    stop: Callable[[Sequence[float]], bool]
    most: int = 20
    window: int = 5
    rest_at: int = 3
    one_window: bool = False
    opening: str = "Hello."
    recipe: str = ""

    async def talk(self, pair: Pair, agents: tuple[Agent, Agent], *, seed: int) -> Conversation:
        """The talk of a pair, the first agent opening.

        Returns:
            In `provenance.extra`: "memories" (for each turn that chose: turn, speaker, offered,
            resting, chosen), "ratings" by turn, and "ended" (why). First sentences that went
            because they repeated the partner are counted in `provenance.repairs`, as "echo".

        Raises:
            ReplyError: If a turn could not be had, even when asked twice.
            BackendError: If the model could not be reached.
        """
        play = _Play(self, pair, agents, derive_seed(seed, "two agents", pair.id))
        with calls_heard() as keys:
            staged = await stage(
                2, speak=play.speak, follow=in_turn(2), stop=play.over, most=self.most
            )
        names = [agent.person.name or agent.role.capitalize() for agent in agents]
        if names[0] == names[1]:
            names = [f"{name} ({a.role})" for name, a in zip(names, agents, strict=True)]
        return Conversation(
            scene_id=pair.scene.id,
            scene=dict(pair.scene.fields),
            speakers=tuple(
                Speaker(
                    name=name,
                    persona_id=agent.person.id,
                    persona=agent.person.sentences,
                    fact_ids=tuple(fact.id for fact in agent.person.facts),
                )
                for name, agent in zip(names, agents, strict=True)
            ),
            turns=tuple(staged.turns),
            provenance=Provenance(
                recipe=self.recipe or "two-agents",
                models={"writer": self.writer.ref},
                prompts=play.prompts,
                seed=play.seed,
                calls=tuple(keys),
                repairs=dict(sorted(play.repairs.items())),
                extra={
                    "roles": [agent.role for agent in agents],
                    "memories": play.memories,
                    "ratings": {str(turn): value for turn, value in play.ratings.items()},
                    "ended": play.why or str(staged.ended),
                },
            ),
        )


class _Play:
    """One talk under way."""

    def __init__(self, how: TwoAgents, pair: Pair, agents: tuple[Agent, Agent], seed: int) -> None:
        self.how, self.pair, self.agents, self.seed = how, pair, agents, seed
        own, theirs = ({k: v for k, v in one.memories.items() if k != one.extra} for one in agents)
        first = MemoryBank(own, window=how.window, most=how.rest_at)
        beside = first if how.one_window else None
        second = MemoryBank(theirs, window=how.window, most=how.rest_at, beside=beside)
        self.banks = (first, second)
        self.ratings: dict[int, float] = {}
        self.memories: list[dict[str, object]] = []
        self.prompts: dict[str, str] = {}
        self.repairs: Counter[str] = Counter()
        self.parting: int | None = None  # the turn from which they say goodbye
        self.why = ""

    def over(self, turns: Sequence[Turn]) -> str | None:
        """Ends after two farewells; begins them when it is time."""
        if self.parting is None:
            if self.how.stop(list(self.ratings.values())):
                self.parting, self.why = len(turns), "the ratings say so"
            elif len(turns) >= self.how.most - 2:
                self.parting, self.why = len(turns), f"{self.how.most} turns"
        if self.parting is not None and len(turns) >= self.parting + 2:
            return self.why
        return None

    async def speak(self, who: int, heard: Sequence[Turn]) -> Turn:
        number = len(heard)
        if not number:
            return Turn(speaker=who, text=self.how.opening)
        agent, before = self.agents[who], heard[-1].text
        parting = self.parting is not None
        name = "" if parting else await self._memory(who, number, before)
        task = farewell_task(agent.role) if parting else reply_task(agent.role)
        memory = agent.memories.get(name, "")
        inputs = ReplyInput(
            me=who,
            statement=agent.statement,
            tones=agent.tones,
            memory=memory,
            heard=tuple((turn.speaker, turn.text) for turn in heard),
            name=agent.person.name,
        )
        own = derive_seed(self.seed, "turn", number)
        answer = await ask(self.how.writer, task, inputs, seed=own, about=self.pair.id)
        self.prompts[task.name] = answer.prompt_hash
        self.repairs.update(answer.value.repairs)
        self.repairs.update(answer.mended)
        if who == 0 and not parting and self.how.rate is not None:
            await self._rated(number, answer.value.text, before, self.how.rate)
        return Turn(speaker=who, text=answer.value.text)

    async def _memory(self, who: int, number: int, before: str) -> str:
        """The name of the memory for this turn, "" for none."""
        agent, bank = self.agents[who], self.banks[who]
        offered, resting = bank.offered, bank.resting
        own = derive_seed(self.seed, "memory", number)
        chosen = agent.must.get(number // 2, "")
        if chosen not in bank and offered:
            chosen = await self._choice(number, before, offered, own)
            if chosen:
                bank.use(chosen)
        if not chosen and agent.extra in agent.memories and random.Random(own).random() < 0.5:
            chosen = agent.extra
        self.memories.append(
            {
                "turn": number,
                "speaker": who,
                "offered": list(offered),
                "resting": list(resting),
                "chosen": chosen,
            }
        )
        return chosen

    async def _choice(self, number: int, before: str, offered: tuple[str, ...], seed: int) -> str:
        """A name of those offered, or "": a choice that cannot be read is noted and none."""
        task, asked = choose_task(), ChooseInput(before=before, names=offered)
        try:
            found = await ask(self.how.writer, task, asked, seed=seed, about=self.pair.id)
        except ReplyError as error:
            self._lost("choice", number, error)
            return ""
        self.prompts[task.name] = found.prompt_hash
        return found.value

    def _lost(self, kind: str, number: int, error: ReplyError) -> None:
        reason = f"{error.kind}: {error.what}"
        notes.note(Drop(kind=kind, reason=reason, subject=f"{self.pair.id} turn {number}"))

    async def _rated(self, number: int, text: str, before: str, rate: Rate) -> None:
        try:
            own = derive_seed(self.seed, "rating", number)
            self.ratings[number] = await rate(text, before, own)
        except ReplyError as error:
            self._lost("rating", number, error)
