"""Generate: a pair of people in, drafts of their conversation out."""

from dramaturg.generate.few_shot import FewShot, draw_demonstrations, few_shot
from dramaturg.generate.next_turn import NextTurn, next_turn
from dramaturg.generate.parse import Parsed, parse_conversation
from dramaturg.generate.stage import Staged, heard_by, in_turn, stage
from dramaturg.generate.starter import starter_pool
from dramaturg.generate.write import Demonstration, WriteInput, demonstration, write_task

__all__ = [
    "Demonstration",
    "FewShot",
    "NextTurn",
    "Parsed",
    "Staged",
    "WriteInput",
    "demonstration",
    "draw_demonstrations",
    "few_shot",
    "heard_by",
    "in_turn",
    "next_turn",
    "parse_conversation",
    "stage",
    "starter_pool",
    "write_task",
]
