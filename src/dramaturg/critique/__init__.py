"""Critique: the drafts of a pair in, the best one and all that was said of them out."""

from dramaturg.critique.choice import Choice
from dramaturg.critique.different import different
from dramaturg.critique.panel import Critic, Panel, panel
from dramaturg.critique.rated import rated
from dramaturg.critique.scored import scored
from dramaturg.critique.voting import Tally, tally

__all__ = [
    "Choice",
    "Critic",
    "Panel",
    "Tally",
    "different",
    "panel",
    "rated",
    "scored",
    "tally",
]
