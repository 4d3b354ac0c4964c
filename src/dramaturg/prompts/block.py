"""A long piece of somebody else's text inside a prompt: its lines stay, its marks cannot act."""

from __future__ import annotations

from dramaturg.prompts.quote import quote


def quote_block(text: str) -> str:
    """The text line by line, each quoted; blank lines stay, so that paragraphs can be seen.

    >>> quote_block("Act I\\n\\nIago: <nothing>")
    'Act I\\n\\nIago: ‹nothing›'
    """
    return "\n".join(quote(line) for line in text.splitlines())
