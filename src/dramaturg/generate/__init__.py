"""Generate: a pair of people in, drafts of their conversation out."""

from dramaturg.generate.counted import Counted
from dramaturg.generate.decode import NextToken, decode_mix, mix_logits
from dramaturg.generate.exchange import broken_line, exchange, open_scene, reply_as, spoken
from dramaturg.generate.few_shot import FewShot, draw_demonstrations, few_shot
from dramaturg.generate.from_entries import facts_of, from_entries
from dramaturg.generate.parse import Parsed, parse_conversation
from dramaturg.generate.stage import Staged, heard_by, in_turn, stage
from dramaturg.generate.starter import starter_pool
from dramaturg.generate.write import Demonstration, WriteInput, demonstration, write_task

__all__ = [
    "Counted",
    "Demonstration",
    "FewShot",
    "NextToken",
    "Parsed",
    "Staged",
    "WriteInput",
    "broken_line",
    "decode_mix",
    "demonstration",
    "draw_demonstrations",
    "exchange",
    "facts_of",
    "few_shot",
    "from_entries",
    "heard_by",
    "in_turn",
    "mix_logits",
    "open_scene",
    "parse_conversation",
    "reply_as",
    "spoken",
    "stage",
    "starter_pool",
    "write_task",
]
