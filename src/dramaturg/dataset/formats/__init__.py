"""Formats: one file each, and the list of them."""

from dramaturg.dataset.formats.aspects import ASPECTS, Aspect
from dramaturg.dataset.formats.base import Format, Losses
from dramaturg.dataset.formats.registry import FORMATS, find, for_name, name_of, read, sniff

__all__ = [
    "ASPECTS",
    "FORMATS",
    "Aspect",
    "Format",
    "Losses",
    "find",
    "for_name",
    "name_of",
    "read",
    "sniff",
]
