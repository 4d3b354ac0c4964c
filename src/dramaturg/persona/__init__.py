"""Persona expansion: from seed facts to categories, queries and many more facts."""

from dramaturg.persona.book import read_book, read_names, read_plots
from dramaturg.persona.bootstrap import bootstrap_facts
from dramaturg.persona.chunks import cut_book, find_sentence
from dramaturg.persona.cluster import Categories, cluster, lsa
from dramaturg.persona.expand import Expanded, categories_of, expand, name_categories
from dramaturg.persona.plays import holds_scenes, scenes_of
from dramaturg.persona.queries import Query, bootstrap_queries, induce_queries
from dramaturg.persona.replies import OPENINGS, normalised
from dramaturg.persona.scenes import (
    Character,
    Circumstance,
    Scenes,
    ensembles,
    read_scenes,
    reading_figures,
    starter_scenes,
)
from dramaturg.persona.tasks import AnswerAs, Further, Induce, More, answer, further, induce, more

__all__ = [
    "OPENINGS",
    "AnswerAs",
    "Categories",
    "Character",
    "Circumstance",
    "Expanded",
    "Further",
    "Induce",
    "More",
    "Query",
    "Scenes",
    "answer",
    "bootstrap_facts",
    "bootstrap_queries",
    "categories_of",
    "cluster",
    "cut_book",
    "ensembles",
    "expand",
    "find_sentence",
    "further",
    "holds_scenes",
    "induce",
    "induce_queries",
    "lsa",
    "more",
    "name_categories",
    "normalised",
    "read_book",
    "read_names",
    "read_plots",
    "read_scenes",
    "reading_figures",
    "scenes_of",
    "starter_scenes",
]
