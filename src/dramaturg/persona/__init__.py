"""Persona sources: facts expanded over queries, people out of texts, relations and topics."""

from dramaturg.persona.book import read_book, read_names, read_plots
from dramaturg.persona.bootstrap import bootstrap_facts
from dramaturg.persona.chunks import cut_book, find_sentence
from dramaturg.persona.cluster import Categories, cluster, lsa
from dramaturg.persona.crowd import Worker, crowd, crowd_persona, without_doubles
from dramaturg.persona.demographics import (
    Drawn,
    attributes_of,
    draw_person,
    invent_profiles,
    people_by_attributes,
    person_of,
    read_profiles,
)
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
from dramaturg.persona.habits import Routine, all_sections, parse_sections, passage, routine
from dramaturg.persona.near import Distinct, distinct, jaccard, near_duplicates, near_in_meaning
from dramaturg.persona.plays import holds_scenes, scenes_of
from dramaturg.persona.portrait import portrait
from dramaturg.persona.queries import Query, bootstrap_queries, induce_queries
from dramaturg.persona.recall import Memory, Recalled, memory_of, strangers, without_strangers
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
from dramaturg.persona.scenes import (
    Character,
    Circumstance,
    Scenes,
    ensembles,
    read_scenes,
    reading_figures,
    starter_scenes,
)
from dramaturg.persona.seen import Seen
from dramaturg.persona.tasks import AnswerAs, Further, Induce, More, answer, further, induce, more
from dramaturg.persona.told import fact_behind, facts_told
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
from dramaturg.persona.type_grid import Kind, Place, character, load_kinds, type_grid

__all__ = [
    "OPENINGS",
    "TIES",
    "AnswerAs",
    "Branch",
    "Branches",
    "Categories",
    "Character",
    "Circle",
    "Circumstance",
    "Close",
    "Detail",
    "Distinct",
    "Drawn",
    "Expanded",
    "FromText",
    "Further",
    "Grid",
    "Induce",
    "Kind",
    "Look",
    "Memory",
    "More",
    "Place",
    "Query",
    "Recalled",
    "RelatedTo",
    "Routine",
    "Rule",
    "Scenes",
    "Seen",
    "Worker",
    "all_sections",
    "answer",
    "attributes_of",
    "bootstrap_facts",
    "bootstrap_queries",
    "categories_of",
    "character",
    "cluster",
    "crowd",
    "crowd_persona",
    "cut_book",
    "description",
    "distinct",
    "distinct_entries",
    "draw_person",
    "ensembles",
    "evenly",
    "expand",
    "fact_behind",
    "facts_told",
    "find_sentence",
    "from_grid",
    "from_text",
    "from_text_task",
    "further",
    "holds_scenes",
    "induce",
    "induce_queries",
    "invent_profiles",
    "jaccard",
    "lines_of",
    "load_grid",
    "load_kinds",
    "looks",
    "lsa",
    "memory_of",
    "more",
    "name_categories",
    "near_duplicates",
    "near_in_meaning",
    "normalised",
    "parse_sections",
    "passage",
    "people_by_attributes",
    "person_of",
    "portrait",
    "read_book",
    "read_names",
    "read_plots",
    "read_profiles",
    "read_related",
    "read_scenes",
    "reading_figures",
    "related",
    "related_task",
    "routine",
    "scenes_of",
    "seeds_wanted",
    "starter_scenes",
    "strangers",
    "subtopics",
    "subtopics_task",
    "topic_people",
    "topic_people_task",
    "type_grid",
    "without_doubles",
    "without_strangers",
    "wrong_topic",
    "wrong_with",
]
