"""Loop: propose, judge, keep, show the kept as examples, again; and the smaller loops."""

from dramaturg.loop.each import Done, cut_of, each
from dramaturg.loop.flow import flow
from dramaturg.loop.improve import Chosen, Improved, Judge, Measure, Proposer, improve
from dramaturg.loop.report import RoundReport, RoundTally
from dramaturg.loop.until_passes import Redone, until_passes
from dramaturg.records import Check

__all__ = [
    "Check",
    "Chosen",
    "Done",
    "Improved",
    "Judge",
    "Measure",
    "Proposer",
    "Redone",
    "RoundReport",
    "RoundTally",
    "cut_of",
    "each",
    "flow",
    "improve",
    "until_passes",
]
