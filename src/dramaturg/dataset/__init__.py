"""Datasets: read people and conversations, keep splits apart, export, describe."""

from dramaturg.dataset.card import write_card
from dramaturg.dataset.comparison_page import comparison_page
from dramaturg.dataset.convert import Converted, convert
from dramaturg.dataset.critique_page import critique_page
from dramaturg.dataset.evaluation_page import evaluation_page
from dramaturg.dataset.export import export
from dramaturg.dataset.formats import FORMATS
from dramaturg.dataset.load_conversations import load_conversations
from dramaturg.dataset.load_personas import Loaded, load_personas
from dramaturg.dataset.load_profiles import Biography, load_profiles
from dramaturg.dataset.load_turns import Turns, load_turns
from dramaturg.dataset.parquet import read_dataset
from dramaturg.dataset.report_page import write_report_page
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
from dramaturg.dataset.starter import starter_people

__all__ = [
    "FORMATS",
    "SAME_PERSON",
    "SHARES",
    "Biography",
    "Converted",
    "Loaded",
    "Splits",
    "Turns",
    "apart_by_pair",
    "apart_by_paraphrase",
    "apart_by_persona",
    "comparison_page",
    "convert",
    "critique_page",
    "evaluation_page",
    "export",
    "leaks",
    "load_conversations",
    "load_personas",
    "load_profiles",
    "load_turns",
    "people_apart",
    "read_dataset",
    "starter_people",
    "write_card",
    "write_report_page",
]
