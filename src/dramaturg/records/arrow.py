"""Records as Arrow tables and back, without loss.

Tuples become lists, records become structs, and values of any shape (`views`, `fields`,
`extra`) become JSON text, since a column has one type. `dict[str, float]` becomes a struct
whose keys are named by the caller: readers such as `datasets` know no map type.
"""

from __future__ import annotations

import functools
import json
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from dramaturg.errors import RecordError

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T", bound=msgspec.Struct)


def schema_for(kind: type[msgspec.Struct], keys: Mapping[str, Sequence[str]] = {}) -> pa.Schema:
    """The Arrow schema of a record type.

    Args:
        keys: For each field that is a `dict[str, float]` or `dict[str, int]`, its possible keys;
            a field not named here is written as JSON text.
    """
    import pyarrow as pa

    return pa.schema(_arrow_fields(kind, keys))


def to_arrow(
    records: Iterable[T], kind: type[T], keys: Mapping[str, Sequence[str]] = {}
) -> pa.Table:
    """The records as one table; see `schema_for` for `keys`."""
    import pyarrow as pa

    row = _row_maker(kind, keys)
    rows = [row(record) for record in records]
    return pa.Table.from_pylist(rows, schema=schema_for(kind, keys))


def from_arrow(table: pa.Table, kind: type[T]) -> Iterator[T]:
    """The records of a table that `to_arrow` made.

    Raises:
        RecordError: If a row does not fit the record type.
    """
    for batch in table.to_batches():
        for row in batch.to_pylist():
            try:
                yield msgspec.convert(_from_row(row, kind), kind)
            except (msgspec.MsgspecError, json.JSONDecodeError) as error:
                raise RecordError(
                    f"this row is not a {kind.__name__} record", why=str(error)
                ) from error


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _bare(hint: Any) -> Any:
    """The type inside `X | None`."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return next(a for a in typing.get_args(hint) if a is not type(None))
    return hint


def _arrow_fields(kind: type, keys: Mapping[str, Sequence[str]]) -> list[tuple[str, Any]]:
    return [(name, _arrow_type(name, hint, keys)) for name, hint in _hints(kind).items()]


def _arrow_type(name: str, hint: Any, keys: Mapping[str, Sequence[str]]) -> Any:
    import pyarrow as pa

    bare = _bare(hint)
    origin = typing.get_origin(bare)
    plain = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    if bare in plain:
        return plain[bare]
    if origin is typing.Literal:
        return plain[type(typing.get_args(bare)[0])]
    if origin is tuple:
        return pa.list_(_arrow_type(name, typing.get_args(bare)[0], keys))
    if origin is dict:
        if keys.get(name):
            value = _arrow_type("", typing.get_args(bare)[1], {})
            return pa.struct([(key, value) for key in keys[name]])
        return pa.string()
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        return pa.struct(_arrow_fields(bare, keys))
    raise TypeError(f"{name}: no Arrow type for {hint!r}")


def _row_maker(
    kind: type, keys: Mapping[str, Sequence[str]]
) -> Callable[[msgspec.Struct], dict[str, Any]]:
    """A function that turns a record of this type into a row; made once, used for every record."""
    makers = [(name, _cell_maker(name, hint, keys)) for name, hint in _hints(kind).items()]

    def row(record: msgspec.Struct) -> dict[str, Any]:
        return {
            name: getattr(record, name) if make is None else make(getattr(record, name))
            for name, make in makers
        }

    return row


def _cell_maker(
    name: str, hint: Any, keys: Mapping[str, Sequence[str]]
) -> Callable[[Any], Any] | None:
    """What turns a value into its cell; None where the value is its own cell."""
    bare = _bare(hint)
    origin = typing.get_origin(bare)
    if origin is tuple:
        each = _cell_maker(name, typing.get_args(bare)[0], keys)
        return list if each is None else lambda many: [each(one) for one in many]
    if origin is dict:
        return functools.partial(_mapping, name, keys.get(name) or ())
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        row = _row_maker(bare, keys)
        return lambda record: None if record is None else row(record)
    return None


_AS_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


def _mapping(name: str, known: Sequence[str], value: dict[str, Any]) -> Any:
    if not known:
        return _AS_JSON(value) if value else "{}"
    if unknown := set(value) - set(known):
        raise RecordError(f"column {name!r} has no place for {sorted(unknown)}")
    return {key: value.get(key) for key in known}


def _from_row(row: dict[str, Any], kind: type) -> dict[str, Any]:
    hints = _hints(kind)
    return {name: _from_cell(row[name], hint) for name, hint in hints.items() if name in row}


def _from_cell(cell: Any, hint: Any) -> Any:
    bare = _bare(hint)
    origin = typing.get_origin(bare)
    if cell is None:
        return {} if origin is dict else () if origin is tuple else None
    if origin is tuple:
        return [_from_cell(item, typing.get_args(bare)[0]) for item in cell]
    if origin is dict:
        if isinstance(cell, str):
            return json.loads(cell)
        return {key: value for key, value in cell.items() if value is not None}
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        return _from_row(cell, bare)
    return cell
