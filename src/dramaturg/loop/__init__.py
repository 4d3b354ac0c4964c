"""Loop: propose, judge, keep, show the kept as examples, again."""

from dramaturg.loop.flow import flow
from dramaturg.loop.improve import Chosen, Improved, Judge, Measure, Proposer, improve
from dramaturg.loop.report import RoundReport, RoundTally

__all__ = [
    "Chosen",
    "Improved",
    "Judge",
    "Measure",
    "Proposer",
    "RoundReport",
    "RoundTally",
    "flow",
    "improve",
]
