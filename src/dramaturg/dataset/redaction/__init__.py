"""Personal data: found by rules, replaced consistently, counted."""

from dramaturg.dataset.redaction.apply import preview, redact
from dramaturg.dataset.redaction.names import find_names
from dramaturg.dataset.redaction.patterns import Span, find_patterns
from dramaturg.dataset.redaction.redactor import KINDS, Redactor

__all__ = ["KINDS", "Redactor", "Span", "find_names", "find_patterns", "preview", "redact"]
