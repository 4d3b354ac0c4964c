"""The embedded language model: trained by this project, shipped as int8, run by numpy.

`writer` holds the tasks; everything below it loads only when a task is called.
"""

from dramaturg.models.embedded.writer import (
    WrittenConversation,
    answer_query,
    fact_behind,
    facts_told,
    further_fact,
    induce_query,
    loglik,
    more_query,
    score,
    truncated_facts,
    write_conversation,
)

__all__ = [
    "WrittenConversation",
    "answer_query",
    "fact_behind",
    "facts_told",
    "further_fact",
    "induce_query",
    "loglik",
    "more_query",
    "score",
    "truncated_facts",
    "write_conversation",
]
