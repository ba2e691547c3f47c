"""
Describe every setting out of the settings classes: type, default, environment variable, sentence.

The sentence is the string that stands below the field in the class.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from sphinx.pycode import ModuleAnalyzer

from newsletter.settings import ProviderSettings, Settings
from newsletter.settings.plugins import PROVIDERS, built_in
from newsletter.settings.provider import provider_kind

_TYPES: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "path",
}


def describe_settings() -> str:
    """
    Return the Markdown of all sections and their keys, in the order of the classes.
    """
    lines: list[str] = []
    for section, model in sections():
        lines += ["", f"## [{section}]", "", " ".join((model.__doc__ or "").split())]
        for key, field in model.model_fields.items():
            if not field.exclude and not _nested(field):
                lines += _setting(section, key, field, sentence_of(model, key))
    return "\n".join(lines)


def sections() -> Iterator[tuple[str, type[BaseModel]]]:
    """
    Yield each section as the file writes it, with its class.
    """
    for name, field in Settings.model_fields.items():
        if name == "provider":
            yield "provider.NAME", ProviderSettings
        elif name != "folder":
            assert isinstance(field.annotation, type)
            assert issubclass(field.annotation, BaseModel)
            yield name, field.annotation
            for key, inner in field.annotation.model_fields.items():
                yield from ((f"{name}.{key}", model) for model in _nested(inner))


def _nested(field: FieldInfo) -> list[type[BaseModel]]:
    """
    Return the class of a section inside a section, if the field is one.
    """
    kinds = typing.get_args(field.annotation)
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]


def sentence_of(model: type[BaseModel], key: str) -> str:
    """
    Return what the class says of a key, on one line; empty if it says nothing.
    """
    documented = ModuleAnalyzer.for_module(model.__module__).find_attr_docs()
    return " ".join(" ".join(documented.get((model.__name__, key), [])).split())


def _setting(section: str, key: str, field: FieldInfo, sentence: str) -> Iterator[str]:
    variable = f"NEWSLETTER_{section.replace('.', '__').upper()}__{key.upper()}"
    yield from ("", f"```{{confval}} [{section}] {key}", "", sentence, "")
    kinds = _kinds_with(key) if section == "provider.NAME" else []
    if kinds:
        yield f"Kinds: {', '.join(kinds)}.\\"
    yield f"Type: {_kind(field)}. Default: {_default(field)}. Environment: `{variable}`."
    yield "```"


def _kinds_with(key: str) -> list[str]:
    """
    Return the kinds that have *key*, in Markdown; SMTP has the keys of the relay in `events`.
    """
    kinds = {name: provider_kind(name) for name in built_in(PROVIDERS)}
    found = [f"`{name}`" for name, kind in kinds.items() if key in kind.keys]
    relays = [name for name, kind in kinds.items() if kind.relay and key in kind.relay_keys]
    if relays:
        which = "events" if len(relays) > 1 else f'events = "{relays[0]}"'
        found.append(f"`smtp` with `{which}`")
    return found


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "none, it has to be set"
    value = field.get_default(call_default_factory=True)
    assert value is not PydanticUndefined
    if value is None:
        return "not set"
    if isinstance(value, tuple):
        value = list(value)
    return f"`{json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)}`"


def _kind(field: FieldInfo) -> str:
    kind = _name(field.annotation)
    low = next((m.ge for m in field.metadata if hasattr(m, "ge")), None)
    high = next((m.le for m in field.metadata if hasattr(m, "le")), None)
    if low is not None and high is not None:
        return f"{kind}, {low} to {high}"
    return kind if low in (None, 0) else f"{kind}, at least {low}"


def _name(annotation: Any) -> str:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _name(inner[0])
    if origin is Literal:
        return ", ".join(f"`{json.dumps(word)}`" for word in inner)
    if origin in (Union, UnionType):
        (only,) = [one for one in inner if one is not NoneType]
        return _name(only)
    if origin is tuple:
        return f"list of {_name(inner[0])}s".replace("texts", "text")
    if origin is dict:
        return "table of names and text"
    return _TYPES[annotation]
