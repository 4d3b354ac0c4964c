"""Presidio's pattern recognisers as a further finder; the extra `redact`.

Its recognisers of names and places need a spaCy model, which this does not load: the rules of
`names` do that part.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dramaturg.dataset.redaction.patterns import Span
from dramaturg.errors import UserError

_SURE = {"PHONE_NUMBER": 0.4}  # Presidio's confidence from which a find counts
_ELSE = 0.6
_KINDS = {
    "EMAIL_ADDRESS": "email",
    "URL": "url",
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "IP_ADDRESS": "ip",
    "US_SSN": "ssn",
}
_RECOGNISERS = (
    "EmailRecognizer", "UrlRecognizer", "PhoneRecognizer", "CreditCardRecognizer",
    "IbanRecognizer", "IpRecognizer", "UsSsnRecognizer",
)  # fmt: skip


class PresidioFinder:
    """Calls Presidio's recognisers that work without a language model.

    Raises:
        UserError: If presidio-analyzer is not installed.
    """

    name = "presidio pattern recognisers"

    def __init__(self) -> None:
        try:
            import tldextract
            from presidio_analyzer import predefined_recognizers
        except ImportError as error:
            raise UserError(
                "redacting with Presidio needs presidio-analyzer, which is not installed",
                why=str(error),
                fix="pip install 'dramaturg[redact]'",
            ) from error
        # The list of suffixes that ships with it; else the first e-mail is looked up online.
        offline: Any = tldextract.TLDExtract(suffix_list_urls=())
        tldextract.tldextract.TLD_EXTRACTOR = offline
        tldextract.extract = offline
        self._recognisers: list[Any] = [
            getattr(predefined_recognizers, name)() for name in _RECOGNISERS
        ]

    def __call__(self, text: str) -> Iterator[Span]:
        """The pieces that a recogniser is sure of."""
        for recogniser in self._recognisers:
            for hit in recogniser.analyze(text, recogniser.supported_entities, None) or ():
                if hit.entity_type in _KINDS and hit.score >= _SURE.get(hit.entity_type, _ELSE):
                    yield Span(hit.start, hit.end, _KINDS[hit.entity_type])
