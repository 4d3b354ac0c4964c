"""croissant.json: the dataset for machines, in the vocabulary of Croissant 1.0.

Source: https://docs.mlcommons.org/croissant/docs/croissant-spec-1.0.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_CONTEXT: dict[str, Any] = {  # the context that the specification prescribes
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_FIELDS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "conversations": (
        ("id", "sc:Text", "content hash of the conversation"),
        ("split", "sc:Text", "train, validation or test"),
        ("recipe", "sc:Text", "the recipe that made it"),
        ("round", "sc:Integer", "the round in which it was kept"),
        ("scene_id", "sc:Text", "the scene, also the id of the pair"),
        ("scene", "sc:Text", "circumstances, as JSON text"),
        ("provenance/seed", "sc:Integer", "the seed of this draft"),
        ("speakers/name", "sc:Text", "names, in order of the speaker index"),
        ("speakers/persona", "sc:Text", "the facts of each speaker"),
        ("turns/speaker", "sc:Integer", "index of the speaker of each turn, from 0"),
        ("turns/text", "sc:Text", "what is said, turn by turn"),
    ),
    "personas": (
        ("id", "sc:Text", "content hash of the person"),
        ("name", "sc:Text", "name, often empty"),
        ("language", "sc:Text", "BCP 47 tag"),
        ("source", "sc:Text", "where the person comes from"),
        ("licence", "sc:Text", "the terms of that source"),
        ("facts/text", "sc:Text", "what is true of the person"),
    ),
    "preferences": (
        ("chosen", "sc:Text", "id of the preferred conversation"),
        ("rejected", "sc:Text", "id of the other"),
        ("criterion", "sc:Text", "by which measure"),
        ("reason", "sc:Text", "why, in words"),
        ("chosen_text", "sc:Text", "the preferred conversation"),
        ("rejected_text", "sc:Text", "the other"),
    ),
    "dropped": (
        ("kind", "sc:Text", "what was dropped"),
        ("reason", "sc:Text", "why"),
        ("subject", "sc:Text", "id or text of it"),
    ),
}
_LISTS = {"speakers", "turns", "facts"}


def croissant(
    name: str,
    description: str,
    *,
    license: str,
    tables: Mapping[str, str],
    fields: Mapping[str, Sequence[tuple[str, str, str]]] = {},
    languages: Sequence[str] = ("en",),
    version: str = "1.0.0",
    keywords: Sequence[str] = ("persona", "dialogue"),
    cite_as: str = "",
    url: str = "",
) -> dict[str, Any]:
    """The metadata of a dataset folder, as JSON values.

    Args:
        tables: Record set ("conversations", "personas", "preferences", "dropped") -> pattern of
            its parquet files; or any other name that `fields` describes.
        fields: Name, type and description of the columns of further tables.
        license: An SPDX or hub identifier, or an address.
        url: Where the dataset is published, "" while it is not.
    """
    known = {**_FIELDS, **fields}
    told: dict[str, Any] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": name,
        "description": description,
        "license": license,
        "version": version,
        "inLanguage": list(languages),
        "keywords": list(keywords),
        "isLiveDataset": False,
    }
    if cite_as:
        told["citeAs"] = cite_as
    if url:
        told["url"] = url
    told["distribution"] = [
        {
            "@type": "cr:FileSet",
            "@id": f"{table}-files",
            "name": f"{table}-files",
            "encodingFormat": "application/x-parquet",
            "includes": pattern,
        }
        for table, pattern in tables.items()
    ]
    told["recordSet"] = [
        {
            "@type": "cr:RecordSet",
            "@id": table,
            "name": table,
            **({"key": {"@id": f"{table}/id"}} if any(f[0] == "id" for f in known[table]) else {}),
            "field": [_field(table, *field) for field in known[table]],
        }
        for table in tables
    ]
    return told


def _field(table: str, place: str, kind: str, about: str) -> dict[str, Any]:
    column, _, inner = place.partition("/")
    source: dict[str, Any] = {
        "fileSet": {"@id": f"{table}-files"},
        "extract": {"column": column},
    }
    if inner:
        step = f"$[*].{inner}" if column in _LISTS else f"$.{inner}"
        source["transform"] = {"jsonPath": step}
    return {
        "@type": "cr:Field",
        "@id": f"{table}/{place}",
        "name": place,
        "description": about,
        "dataType": kind,
        **({"repeated": True} if column in _LISTS else {}),
        "source": source,
    }
