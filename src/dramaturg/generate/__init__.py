"""Generate: people in; drafts of their conversations, or texts with them in mind, out."""

from dramaturg.generate.few_shot import FewShot, draw_demonstrations, few_shot, speakers_of
from dramaturg.generate.parse import Parsed, parse_conversation
from dramaturg.generate.reasoned import (
    CHARACTERISTICS,
    Reasoned,
    ReasonedInput,
    read_reasoned,
    reasoned,
    reasoned_task,
)
from dramaturg.generate.stage import Staged, heard_by, in_turn, stage
from dramaturg.generate.starter import starter_pool
from dramaturg.generate.summary import Summary, Told, read_summary, summarise, summary_task
from dramaturg.generate.with_persona import (
    TEMPLATES,
    TOOL_FIELDS,
    Commission,
    Example,
    Template,
    WithPersona,
    Written,
    commissions,
    copies,
    read_examples,
    template_task,
    with_persona,
)
from dramaturg.generate.write import Demonstration, WriteInput, demonstration, write_task

__all__ = [
    "CHARACTERISTICS",
    "TEMPLATES",
    "TOOL_FIELDS",
    "Commission",
    "Demonstration",
    "Example",
    "FewShot",
    "Parsed",
    "Reasoned",
    "ReasonedInput",
    "Staged",
    "Summary",
    "Template",
    "Told",
    "WithPersona",
    "WriteInput",
    "Written",
    "commissions",
    "copies",
    "demonstration",
    "draw_demonstrations",
    "few_shot",
    "heard_by",
    "in_turn",
    "parse_conversation",
    "read_examples",
    "read_reasoned",
    "read_summary",
    "reasoned",
    "reasoned_task",
    "speakers_of",
    "stage",
    "starter_pool",
    "summarise",
    "summary_task",
    "template_task",
    "with_persona",
    "write_task",
]
