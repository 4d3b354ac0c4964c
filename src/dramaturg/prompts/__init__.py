"""Prompts live in files: load, quote, fill and hash them; a task binds one to types."""

from dramaturg.prompts.prompt import Message, Prompt, load, parse_prompt, prompts_hash
from dramaturg.prompts.quote import quote, quote_list
from dramaturg.prompts.task import Cut, Sampling, Task

__all__ = [
    "Cut",
    "Message",
    "Prompt",
    "Sampling",
    "Task",
    "load",
    "parse_prompt",
    "prompts_hash",
    "quote",
    "quote_list",
]
