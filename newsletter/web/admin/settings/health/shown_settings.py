"""
What newsletter.toml and the environment say, for people: each key with its value and the sentence
about it. Secrets are not shown.
"""

from __future__ import annotations

import functools
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from newsletter.app import App
from newsletter.settings import Settings
from newsletter.web.admin.help.guides import SETTINGS_GUIDES
from newsletter.web.admin.settings.health.setting_sentences import sentences_in
from subscribers.text.phrases import Phrase

_SECRET_PREFIXES = ("env:", "file:")


@dataclass(frozen=True, kw_only=True)
class ShownSetting:
    """
    A key with its value as text, whether it was set, and the sentence that explains it. The value
    of a secret is never shown, only where it `comes_from`: "env" or "file".
    """

    key: str
    value: str
    is_set: bool
    about: str
    comes_from: str = ""


@dataclass(frozen=True, kw_only=True)
class ShownSection:
    """
    A section of the file with its keys.
    """

    name: str
    settings: Sequence[ShownSetting]

    @property
    def guide(self) -> str:
        """
        Return the page of the documentation about it.
        """
        return SETTINGS_GUIDES[self.name.partition(".")[0]]

    @property
    def own(self) -> int:
        """
        Return how many of the keys are set.
        """
        return sum(each.is_set for each in self.settings)


def shown_sections(app: App) -> list[ShownSection]:
    """
    Return every section, those of providers at the end.
    """
    settings = app.settings
    found = []
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, BaseModel):
            # The URL of a database can have a password.
            replaced = {"url": app.database.shown_url} if name == "database" else {}
            found.append(_section(name, value, replaced))
    for name, own in settings.provider.items():
        section = _section(f"provider.{name}", own, {})
        kept = [each for each in section.settings if each.is_set or each.value]
        found.append(ShownSection(name=section.name, settings=kept))
    return found


def _section(name: str, section: BaseModel, replaced: Mapping[str, str]) -> ShownSection:
    """
    Return a section. *replaced* has the texts that are shown instead of some values.
    """
    return ShownSection(
        name=name,
        settings=[
            _setting(section, key, value, shown=replaced.get(key))
            for key, value in _values(section)
        ],
    )


def _values(section: BaseModel) -> Iterator[tuple[str, Any]]:
    for key, field in type(section).model_fields.items():
        value = getattr(section, key)
        if field.exclude:
            continue
        if isinstance(value, BaseModel):
            yield from ((f"{key}.{inner}", each) for inner, each in _values(value))
        else:
            yield key, value


def _setting(section: BaseModel, key: str, value: Any, *, shown: str | None) -> ShownSetting:
    first, _, inner = key.partition(".")
    owner: BaseModel = getattr(section, first) if inner else section
    is_set = (inner or first) in owner.model_fields_set
    about = sentences_of(owner.__class__).get(inner or first, "")
    for prefix in _SECRET_PREFIXES:
        if isinstance(value, str) and value.startswith(prefix):
            return ShownSetting(
                key=key, value="", is_set=True, about=about, comes_from=prefix.rstrip(":")
            )
    text = shown if shown is not None else _text(value)
    return ShownSetting(key=key, value=text, is_set=is_set, about=about)


def _text(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, str | Path):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)


@functools.cache
def sentences_of(section: type[BaseModel]) -> Mapping[str, str]:
    """
    Return the sentence about each key of a section: the string that stands below the field in the
    class.
    """
    source = textwrap.dedent(inspect.getsource(section))
    return {field: Phrase(sentence, {}) for _, field, sentence in sentences_in(source)}
