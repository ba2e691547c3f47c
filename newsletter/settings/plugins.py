"""
Find the providers, sources and checks that installed packages declare as entry points.

The built-in ones are declared in the same way, in this project's own `pyproject.toml`
(https://packaging.python.org/en/latest/specifications/entry-points/).
"""

from __future__ import annotations

import importlib
import re
import traceback
from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from newsletter.errors import SettingsError

PROVIDERS = "newsletter.providers"
SOURCES = "newsletter.sources"
CHECKS = "newsletter.checks"
_OWN = "newsletter."
_ADDRESS = re.compile(r"(?<![^\s<>])[^\s<>]+@[^\s<>]+")
# This much of an error's message is kept.
_LONGEST = 300


@cache
def declared(group: str) -> Mapping[str, EntryPoint]:
    """
    Return the entry points of a group by name, the built-in ones first.

    Raises:
        SettingsError: two packages declare the same name, or the built-in ones are missing.
    """
    found: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=group), key=_place):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            raise SettingsError(
                f"two packages declare {point.name} in {group}, {package_of(other)} and "
                f"{package_of(point)}: uninstall one of them"
            )
    if not any(point.module.startswith(_OWN) for point in found.values()):
        raise SettingsError(
            f"{group} is not registered: this installation is older than its code; install it "
            "again, in a checkout with `.venv/bin/pip install --no-deps -e .`"
        )
    return found


@cache
def load(group: str, name: str, expected: type) -> Any:
    """
    Import what the entry point *name* of a group declares; it is an instance of *expected*.

    Raises:
        SettingsError: there is no such entry point, it cannot be imported, or it declares something
            else.
    """
    point = declared(group).get(name)
    if point is None:
        raise SettingsError(
            f"no installed package declares {name} in {group}: install it, or choose from "
            f"{', '.join(declared(group))}"
        )
    try:
        plugin = point.load()
    # A package from outside can raise anything while it is imported.
    except Exception as error:
        raise SettingsError(
            f"cannot load {name} from {package_of(point)}: {last_line(error)}"
        ) from error
    if not isinstance(plugin, expected):
        raise SettingsError(
            f"{point.value} of {package_of(point)} is not a {expected.__name__}: ask its author"
        )
    return plugin


def function_at(place: str) -> Callable[..., Any]:
    """
    Import the function at *place*, `package.module:function`, which a declaration names.

    Raises:
        SettingsError: it cannot be imported.
    """
    module, _, function = place.partition(":")
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    # A package from outside can raise anything while it is imported.
    except Exception as error:
        raise SettingsError(f"cannot load {place}: {last_line(error)}") from error
    return found


def last_line(error: BaseException) -> str:
    """
    Return the last line of the traceback of *error*, with the place where it was raised and
    without email addresses.
    """
    every = list(traceback.extract_tb(error.__traceback__))
    # Python's own import machinery names no file.
    frames = [each for each in every if not each.filename.startswith("<")] or every
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    message = _ADDRESS.sub("(an address)", str(error)[:_LONGEST])
    return " ".join(f"{type(error).__name__}: {message}{where}".split())


def built_in(group: str) -> list[str]:
    """
    Return the names of the entry points of a group that newsletter itself declares.
    """
    return [name for name, point in declared(group).items() if point.module.startswith(_OWN)]


def from_outside() -> list[tuple[str, EntryPoint]]:
    """
    Return the entry points of packages from outside, each with its group.

    Raises:
        SettingsError: two packages declare the same name.
    """
    return [
        (group, point)
        for group in (PROVIDERS, SOURCES, CHECKS)
        for point in declared(group).values()
        if not point.module.startswith(_OWN)
    ]


def _place(point: EntryPoint) -> tuple[bool, str]:
    return not point.module.startswith(_OWN), point.name


def package_of(point: EntryPoint) -> str:
    """
    Return the name of the package that declares an entry point.
    """
    return point.dist.name if point.dist is not None else point.value
