"""Datasets: read people and conversations, keep splits apart, export, describe."""

from dramaturg.dataset.card import write_card
from dramaturg.dataset.comparison_page import comparison_page
from dramaturg.dataset.convert import Converted, convert
from dramaturg.dataset.critique_page import critique_page
from dramaturg.dataset.evaluation_page import evaluation_page
from dramaturg.dataset.export import export
from dramaturg.dataset.formats import FORMATS
from dramaturg.dataset.load_conversations import load_conversations
from dramaturg.dataset.load_documents import Document, Library, load_documents
from dramaturg.dataset.load_personas import Loaded, load_personas
from dramaturg.dataset.load_profiles import Biography, load_profiles
from dramaturg.dataset.load_scenes import Scenes, load_scenes
from dramaturg.dataset.load_texts import Passage, Texts, load_texts
from dramaturg.dataset.load_turns import Turns, load_turns
from dramaturg.dataset.parquet import read_dataset
from dramaturg.dataset.report_page import write_report_page
from dramaturg.dataset.source import files_in
from dramaturg.dataset.split import (
    SAME_PERSON,
    SHARES,
    Splits,
    apart_by_pair,
    apart_by_paraphrase,
    apart_by_persona,
    leaks,
    people_apart,
)
from dramaturg.dataset.starter import starter_entries, starter_people
from dramaturg.dataset.terms import terms

__all__ = [
    "FORMATS",
    "SAME_PERSON",
    "SHARES",
    "Biography",
    "Converted",
    "Document",
    "Library",
    "Loaded",
    "Passage",
    "Scenes",
    "Splits",
    "Texts",
    "Turns",
    "apart_by_pair",
    "apart_by_paraphrase",
    "apart_by_persona",
    "comparison_page",
    "convert",
    "critique_page",
    "evaluation_page",
    "export",
    "files_in",
    "leaks",
    "load_conversations",
    "load_documents",
    "load_personas",
    "load_profiles",
    "load_scenes",
    "load_texts",
    "load_turns",
    "people_apart",
    "read_dataset",
    "starter_entries",
    "starter_people",
    "terms",
    "write_card",
    "write_report_page",
]
