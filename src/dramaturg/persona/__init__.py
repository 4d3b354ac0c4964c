"""Persona expansion: from seed facts to categories, queries and many more facts."""

from dramaturg.persona.bootstrap import bootstrap_facts
from dramaturg.persona.cluster import Categories, cluster, lsa
from dramaturg.persona.expand import Expanded, categories_of, expand, name_categories
from dramaturg.persona.grid import Grid, Rule, from_grid, load_grid
from dramaturg.persona.portrait import portrait
from dramaturg.persona.queries import Query, bootstrap_queries, induce_queries
from dramaturg.persona.replies import OPENINGS, normalised
from dramaturg.persona.seen import Seen
from dramaturg.persona.tasks import AnswerAs, Further, Induce, More, answer, further, induce, more

__all__ = [
    "OPENINGS",
    "AnswerAs",
    "Categories",
    "Expanded",
    "Further",
    "Grid",
    "Induce",
    "More",
    "Query",
    "Rule",
    "Seen",
    "answer",
    "bootstrap_facts",
    "bootstrap_queries",
    "categories_of",
    "cluster",
    "expand",
    "from_grid",
    "further",
    "induce",
    "induce_queries",
    "load_grid",
    "lsa",
    "more",
    "name_categories",
    "normalised",
    "portrait",
]
