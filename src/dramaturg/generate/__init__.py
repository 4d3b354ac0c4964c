"""Generate: people in; drafts of their conversations, or texts with them in mind, out."""

from dramaturg.generate.acting import named, next_speaker, read_line
from dramaturg.generate.choose_option import choose_option, choose_task, likeliest_option
from dramaturg.generate.counted import Counted
from dramaturg.generate.decode import NextToken, decode_mix, mix_logits
from dramaturg.generate.echo import without_echo
from dramaturg.generate.exchange import broken_line, exchange, open_scene, reply_as, spoken
from dramaturg.generate.few_shot import FewShot, draw_demonstrations, few_shot, speakers_of
from dramaturg.generate.forum_thread import forum_thread, thread_of
from dramaturg.generate.from_entries import facts_of, from_entries
from dramaturg.generate.given_circumstance import given_circumstance, lived_before
from dramaturg.generate.implicit_round import Round, implicit_round, read_round
from dramaturg.generate.in_language import (
    SceneInput,
    load_demonstrations,
    read_whole,
    scene_input,
    write_in,
    write_in_task,
)
from dramaturg.generate.memory import MemoryBank, MemoryChoice, memory_choices
from dramaturg.generate.next_turn import NextTurn, next_turn
from dramaturg.generate.option_question import DraftQuestion, question_faults, write_question
from dramaturg.generate.parse import Parsed, parse_conversation
from dramaturg.generate.personal import (
    PersonalAnswer,
    Request,
    RequestKind,
    answer_for,
    load_request_kinds,
    read_answer,
    write_requests,
)
from dramaturg.generate.personal_answer import LAYOUTS, Layout, personal_answer
from dramaturg.generate.private import PrivateContext, words_in_common
from dramaturg.generate.reasoned import (
    CHARACTERISTICS,
    Reasoned,
    ReasonedInput,
    read_reasoned,
    reasoned,
    reasoned_task,
)
from dramaturg.generate.recalled import RecalledInput, recalled_talk, recalled_task
from dramaturg.generate.reply import parse_choice
from dramaturg.generate.role_samples import RoleSample, original_turns, role_samples, samples_of
from dramaturg.generate.session_chain import write_sessions
from dramaturg.generate.sessions import write_session
from dramaturg.generate.stage import Staged, heard_by, in_turn, stage
from dramaturg.generate.starter import starter_pool
from dramaturg.generate.stopping import Lasting
from dramaturg.generate.summary import Summary, Told, read_summary, summarise, summary_task
from dramaturg.generate.thread_tree import Post, choose_parent, path_to_root, pull, replies
from dramaturg.generate.two_agents import Agent, TwoAgents, agent
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
    "LAYOUTS",
    "TEMPLATES",
    "TOOL_FIELDS",
    "Agent",
    "Commission",
    "Counted",
    "Demonstration",
    "DraftQuestion",
    "Example",
    "FewShot",
    "Lasting",
    "Layout",
    "MemoryBank",
    "MemoryChoice",
    "NextToken",
    "NextTurn",
    "Parsed",
    "PersonalAnswer",
    "Post",
    "PrivateContext",
    "Reasoned",
    "ReasonedInput",
    "RecalledInput",
    "Request",
    "RequestKind",
    "RoleSample",
    "Round",
    "SceneInput",
    "Staged",
    "Summary",
    "Template",
    "Told",
    "TwoAgents",
    "WithPersona",
    "WriteInput",
    "Written",
    "agent",
    "answer_for",
    "broken_line",
    "choose_option",
    "choose_parent",
    "choose_task",
    "commissions",
    "copies",
    "decode_mix",
    "demonstration",
    "draw_demonstrations",
    "exchange",
    "facts_of",
    "few_shot",
    "forum_thread",
    "from_entries",
    "given_circumstance",
    "heard_by",
    "implicit_round",
    "in_turn",
    "likeliest_option",
    "lived_before",
    "load_demonstrations",
    "load_request_kinds",
    "memory_choices",
    "mix_logits",
    "named",
    "next_speaker",
    "next_turn",
    "open_scene",
    "original_turns",
    "parse_choice",
    "parse_conversation",
    "path_to_root",
    "personal_answer",
    "pull",
    "question_faults",
    "read_answer",
    "read_examples",
    "read_line",
    "read_reasoned",
    "read_round",
    "read_summary",
    "read_whole",
    "reasoned",
    "reasoned_task",
    "recalled_talk",
    "recalled_task",
    "replies",
    "reply_as",
    "role_samples",
    "samples_of",
    "scene_input",
    "speakers_of",
    "spoken",
    "stage",
    "starter_pool",
    "summarise",
    "summary_task",
    "template_task",
    "thread_of",
    "with_persona",
    "without_echo",
    "words_in_common",
    "write_in",
    "write_in_task",
    "write_question",
    "write_requests",
    "write_session",
    "write_sessions",
    "write_task",
]
