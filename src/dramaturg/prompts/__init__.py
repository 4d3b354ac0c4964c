"""Prompts live in files: load, quote, fill and hash them; a task binds one to types."""

from dramaturg.prompts.prompt import Message, Prompt, load, parse_prompt
from dramaturg.prompts.quote import quote, quote_list
from dramaturg.prompts.task import Sampling, Task

__all__ = [
    "Message",
    "Prompt",
    "Sampling",
    "Task",
    "load",
    "parse_prompt",
    "quote",
    "quote_list",
]
