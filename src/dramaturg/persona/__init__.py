"""Persona expansion: from seed facts to categories, queries and many more facts."""

from dramaturg.persona.book import read_book, read_names, read_plots
from dramaturg.persona.bootstrap import bootstrap_facts
from dramaturg.persona.chunks import cut_book, find_sentence
from dramaturg.persona.cluster import Categories, cluster, lsa
from dramaturg.persona.demographics import (
    Drawn,
    attributes_of,
    draw_person,
    invent_profiles,
    people_by_attributes,
    person_of,
    read_profiles,
)
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
    "Drawn",
    "Expanded",
    "Further",
    "Induce",
    "More",
    "Query",
    "Scenes",
    "answer",
    "attributes_of",
    "bootstrap_facts",
    "bootstrap_queries",
    "categories_of",
    "cluster",
    "cut_book",
    "draw_person",
    "ensembles",
    "expand",
    "find_sentence",
    "further",
    "holds_scenes",
    "induce",
    "induce_queries",
    "invent_profiles",
    "lsa",
    "more",
    "name_categories",
    "normalised",
    "people_by_attributes",
    "person_of",
    "read_book",
    "read_names",
    "read_plots",
    "read_profiles",
    "read_scenes",
    "reading_figures",
    "scenes_of",
    "starter_scenes",
]
