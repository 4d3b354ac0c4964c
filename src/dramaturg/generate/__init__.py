"""Generate: a pair of people in, drafts of their conversation out."""

from dramaturg.generate.acting import named, next_speaker, read_line
from dramaturg.generate.few_shot import FewShot, draw_demonstrations, few_shot
from dramaturg.generate.forum_thread import forum_thread, thread_of
from dramaturg.generate.given_circumstance import given_circumstance, lived_before
from dramaturg.generate.parse import Parsed, parse_conversation
from dramaturg.generate.private import PrivateContext, words_in_common
from dramaturg.generate.role_samples import RoleSample, original_turns, role_samples, samples_of
from dramaturg.generate.stage import Staged, heard_by, in_turn, stage
from dramaturg.generate.starter import starter_pool
from dramaturg.generate.thread_tree import Post, choose_parent, path_to_root, pull, replies
from dramaturg.generate.write import Demonstration, WriteInput, demonstration, write_task

__all__ = [
    "Demonstration",
    "FewShot",
    "Parsed",
    "Post",
    "PrivateContext",
    "RoleSample",
    "Staged",
    "WriteInput",
    "choose_parent",
    "demonstration",
    "draw_demonstrations",
    "few_shot",
    "forum_thread",
    "given_circumstance",
    "heard_by",
    "in_turn",
    "lived_before",
    "named",
    "next_speaker",
    "original_turns",
    "parse_conversation",
    "path_to_root",
    "pull",
    "read_line",
    "replies",
    "role_samples",
    "samples_of",
    "stage",
    "starter_pool",
    "thread_of",
    "words_in_common",
    "write_task",
]
