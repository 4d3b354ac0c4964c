"""Prompts live in files: load, quote, fill and hash them; a task binds one to types."""

from dramaturg.prompts.prompt import Message, Prompt, load, parse_prompt, prompts_hash
from dramaturg.prompts.quote import quote, quote_list
from dramaturg.prompts.schema import TEXT, list_schema, object_schema, one_of
from dramaturg.prompts.task import Cut, Sampling, Task

__all__ = [
    "TEXT",
    "Cut",
    "Message",
    "Prompt",
    "Sampling",
    "Task",
    "list_schema",
    "load",
    "object_schema",
    "one_of",
    "parse_prompt",
    "prompts_hash",
    "quote",
    "quote_list",
]
