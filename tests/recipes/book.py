"""What the tests and the benchmark of the book share: a scripted actor for each recipe."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dramaturg.models import resolve as resolving
from dramaturg.recipes.recipe import Recipe
from dramaturg.runner import Plan, plan

REF = "scripted:actor"


def actor_of(recipe: str) -> ModuleType:
    """`actor()`, `SETTINGS`, `inputs(folder)`, `EMBEDDED`, `PER_ITEM`, `paper_calls(settings)`."""
    return importlib.import_module(f"tests.recipes.actors.{recipe.replace('-', '_')}")


def planned(recipe: str, out: Path, files: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """The plan of a recipe's small run by its actor; every role that can be is the actor's."""
    module = actor_of(recipe)
    model = module.actor()

    def resolve(ref: str, limits: Any = None) -> Any:
        return model if ref == REF else resolving.resolve(ref, resolving.Limits())

    monkeypatch.setattr(sys.modules["dramaturg.runner.plan"], "resolve", resolve)
    return plan(recipe, settings_of(module, files), [REF], out)


def settings_of(module: ModuleType, files: Path) -> dict[str, Any]:
    """The settings of the small run, its input files written."""
    files.mkdir(exist_ok=True)
    more: Mapping[str, Any] = module.inputs(files) if hasattr(module, "inputs") else {}
    return {**module.SETTINGS, **more}


def code_lines(recipe: Recipe) -> int:
    """Lines of the recipe's file that are code: no docstring, import, comment or blank line."""
    source = inspect.getsource(inspect.getmodule(recipe.make) or recipe.make)
    lines = source.splitlines()
    skipped: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if isinstance(node, ast.stmt) and (isinstance(node, ast.Import | ast.ImportFrom) or text):
            skipped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    code = (line.strip() for n, line in enumerate(lines, 1) if n not in skipped)
    return sum(bool(line) and not line.startswith("#") for line in code)
