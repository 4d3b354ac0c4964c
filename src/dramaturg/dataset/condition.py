"""A condition on conversations, in a few words: `scores.faithfulness >= 0.9 and turns > 5`.

The grammar is that of Python's comparisons; nothing is ever executed: the tree is walked, and a
node that is not in the list below is refused before the first row.
"""

from __future__ import annotations

import ast
import difflib
import operator
from collections.abc import Callable, Mapping
from typing import Any

from dramaturg.errors import RecordError, UserError
from dramaturg.records import Conversation

_Row = Callable[[Conversation], Any]

NAMES: dict[str, tuple[str, _Row]] = {
    "id": ("the conversation's id", lambda c: c.id),
    "split": ("train, validation, test or ''", lambda c: c.split),
    "recipe": ("the recipe that made it", lambda c: c.provenance.recipe),
    "round": ("the round it was kept in", lambda c: c.provenance.round),
    "turns": ("how many turns it has", lambda c: len(c.turns)),
    "words": ("how many words are said", lambda c: sum(len(t.text.split()) for t in c.turns)),
    "speakers": ("how many speakers it has", lambda c: len(c.speakers)),
    "facts": ("how many facts they have", lambda c: sum(len(s.persona) for s in c.speakers)),
    "text": ("all that is said", lambda c: "\n".join(t.text for t in c.turns)),
    "persona": ("all facts of all speakers", lambda c: "\n".join(f for s in c.speakers
                                                                   for f in s.persona)),
    "names": ("the speakers' names", lambda c: "\n".join(s.name for s in c.speakers)),
    "models": ("the models that made it", lambda c: "\n".join(c.provenance.models.values())),
}  # fmt: skip
TABLES: dict[str, tuple[str, Callable[[Conversation], Mapping[str, Any]]]] = {
    "scores": ("a scorer's number, e.g. scores.faithfulness", lambda c: c.scores),
    "scene": ("a field of the scene, e.g. scene.topic", lambda c: c.scene),
    "extra": ("a field of provenance.extra", lambda c: c.provenance.extra),
}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {"lower": str.lower, "len": len, "abs": abs}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
_SUMS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_LONGEST = 2_000


def condition(text: str) -> Callable[[Conversation], bool]:
    """The condition as a function of a conversation.

    Args:
        text: Comparisons (`==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `not in`) of names, numbers
            and texts, joined by `and`, `or`, `not`; `+ - * /`; `lower(x)`, `len(x)`, `abs(x)`.

    Returns:
        A function that says whether a conversation meets it. It raises RecordError where the
        conversation lacks what is asked for, e.g. a score: that is neither true nor false.

    Raises:
        UserError: If the text is no such condition.
    """
    if len(text) > _LONGEST:
        raise UserError(
            f"the condition has {len(text):,} characters",
            why=f"at most {_LONGEST:,} are read",
            fix="filter in several steps",
        )
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise UserError(
            f"{text!r} is not a condition",
            why=str(getattr(error, "msg", "") or error),
            fix="write e.g. 'scores.faithfulness >= 0.9 and \"dog\" in text'",
        ) from error
    found = _compiled(tree, text)

    def holds(conversation: Conversation) -> bool:
        try:
            return bool(found(conversation))
        except (TypeError, AttributeError, ZeroDivisionError, OverflowError) as error:
            raise RecordError(f"the condition cannot be asked of it: {error}") from error

    return holds


def _compiled(node: ast.expr, text: str) -> _Row:
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            parts = [_compiled(value, text) for value in values]
            return lambda c: all(part(c) for part in parts)
        case ast.BoolOp(op=ast.Or(), values=values):
            parts = [_compiled(value, text) for value in values]
            return lambda c: any(part(c) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _compiled(operand, text)
            return lambda c: not inner(c)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _compiled(operand, text)
            return lambda c: -inner(c)
        case ast.Compare(left=left, ops=ops, comparators=others):
            return _comparison(left, ops, others, text)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SUMS:
            made = _SUMS[type(op)]
            one, other = _compiled(left, text), _compiled(right, text)
            return lambda c: made(_number(one(c)), _number(other(c)))
        case ast.Constant(value=str() | int() | float() | None as value):
            return lambda c: value
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            members = [_compiled(item, text) for item in items]
            return lambda c: [member(c) for member in members]
        case ast.Name(id=name):
            return _name(name, text)
        case ast.Attribute(value=ast.Name(id=table), attr=key):
            return _field(table, key, text)
        case ast.Subscript(value=ast.Name(id=table), slice=ast.Constant(value=str() as key)):
            return _field(table, key, text)
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            function, inner = FUNCTIONS[name], _compiled(argument, text)
            return lambda c: function(inner(c))
    raise UserError(
        f"{ast.unparse(node)!r} has no place in a condition",
        why="only comparisons of names, numbers and texts, with and, or, not, are read",
        fix=f"the names are {', '.join([*NAMES, *(f'{t}.NAME' for t in TABLES)])}",
    )


def _comparison(left: ast.expr, ops: list[ast.cmpop], others: list[ast.expr], text: str) -> _Row:
    sides = [_compiled(side, text) for side in (left, *others)]
    for op in ops:
        if type(op) not in _COMPARE:
            raise UserError(
                f"{type(op).__name__!r} has no place in {text!r}", fix="write == or != instead"
            )
    tests = [_COMPARE[type(op)] for op in ops]

    def holds(c: Conversation) -> bool:
        values = [side(c) for side in sides]
        return all(test(values[n], values[n + 1]) for n, test in enumerate(tests))

    return holds


def _name(name: str, text: str) -> _Row:
    if name in ("true", "True", "false", "False"):
        value = name.lower() == "true"
        return lambda c: value
    if name in NAMES:
        return NAMES[name][1]
    known = [*NAMES, *TABLES]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    why = f"{name} is followed by a point and a name" if name in TABLES else ""
    raise UserError(
        f"there is no {name!r} to ask of a conversation" if not why else f"{name!r} is a table",
        why=why,
        fix=f"did you mean {near[0]!r}?"
        if near and not why
        else f"the names are {', '.join(known)}",
    )


def _field(table: str, key: str, text: str) -> _Row:
    if table not in TABLES:
        _name(table, text)
        raise UserError(
            f"{table!r} has no fields", fix=f"tables are {', '.join(TABLES)}, e.g. scores.NAME"
        )
    of = TABLES[table][1]

    def value(c: Conversation) -> Any:
        found = of(c)
        if key not in found:
            raise RecordError(f"it has no {table}.{key}")
        return found[key]

    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        return value
    raise TypeError(f"{str(value)[:40]!r} is no number")
