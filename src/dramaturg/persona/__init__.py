"""Persona sources: facts expanded over queries, people out of texts, relations and topics."""

from dramaturg.persona.bootstrap import bootstrap_facts
from dramaturg.persona.cluster import Categories, cluster, lsa
from dramaturg.persona.described import description, lines_of, wrong_with
from dramaturg.persona.expand import Expanded, categories_of, expand, name_categories
from dramaturg.persona.from_text import (
    TIES,
    Detail,
    FromText,
    Look,
    from_text,
    from_text_task,
    looks,
)
from dramaturg.persona.grid import Grid, Rule, from_grid, load_grid
from dramaturg.persona.near import Distinct, distinct, jaccard, near_duplicates, near_in_meaning
from dramaturg.persona.portrait import portrait
from dramaturg.persona.queries import Query, bootstrap_queries, induce_queries
from dramaturg.persona.related import (
    Circle,
    Close,
    RelatedTo,
    read_related,
    related,
    related_task,
    seeds_wanted,
)
from dramaturg.persona.replies import OPENINGS, normalised
from dramaturg.persona.seen import Seen
from dramaturg.persona.tasks import AnswerAs, Further, Induce, More, answer, further, induce, more
from dramaturg.persona.topics import (
    Branch,
    Branches,
    distinct_entries,
    evenly,
    subtopics,
    subtopics_task,
    topic_people,
    topic_people_task,
    wrong_topic,
)

__all__ = [
    "OPENINGS",
    "TIES",
    "AnswerAs",
    "Branch",
    "Branches",
    "Categories",
    "Circle",
    "Close",
    "Detail",
    "Distinct",
    "Expanded",
    "FromText",
    "Further",
    "Grid",
    "Induce",
    "Look",
    "More",
    "Query",
    "RelatedTo",
    "Rule",
    "Seen",
    "answer",
    "bootstrap_facts",
    "bootstrap_queries",
    "categories_of",
    "cluster",
    "description",
    "distinct",
    "distinct_entries",
    "evenly",
    "expand",
    "from_grid",
    "from_text",
    "from_text_task",
    "further",
    "induce",
    "induce_queries",
    "jaccard",
    "lines_of",
    "load_grid",
    "looks",
    "lsa",
    "more",
    "name_categories",
    "near_duplicates",
    "near_in_meaning",
    "normalised",
    "portrait",
    "read_related",
    "related",
    "related_task",
    "seeds_wanted",
    "subtopics",
    "subtopics_task",
    "topic_people",
    "topic_people_task",
    "wrong_topic",
    "wrong_with",
]
