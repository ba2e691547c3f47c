"""
Settings with stand-ins on this machine in the place of the providers they name.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flavours import FLAVOURS
from smtp_server import SmtpServer


class StandIns(contextlib.ExitStack):
    """
    A server for each kind of provider, started when settings first name it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._addresses: dict[str, dict[str, Any]] = {}

    def take_over(self, settings: Path) -> None:
        """
        Lead every provider in the file *settings* that has no address of its own to its stand-in.
        """
        values = tomllib.loads(settings.read_text("utf-8"))
        for own in values.get("provider", {}).values():
            kind = own.get("kind")
            if "base_url" not in own and kind in (*FLAVOURS, "smtp"):
                if kind == "smtp":
                    for key in ("username", "password"):
                        own.pop(key, None)
                own.update(self._address_of(kind))
        settings.write_text(as_toml(values), "utf-8")

    def _address_of(self, kind: str) -> dict[str, Any]:
        if kind not in self._addresses:
            if kind == "smtp":
                port = self.enter_context(SmtpServer()).port
                address = {"host": "127.0.0.1", "port": port, "security": "none"}
            else:
                fake = self.enter_context(FLAVOURS[kind].running())
                fake.clock = lambda: dt.datetime.now(dt.UTC)
                address = {"base_url": fake.base_url}
            self._addresses[kind] = address
        return self._addresses[kind]


def lay_over(settings: Path, text: str) -> None:
    """
    Set the keys of the TOML *text* in the file *settings*; all others stay as they are.
    """
    values = tomllib.loads(settings.read_text("utf-8"))
    _merge(values, tomllib.loads(text))
    settings.write_text(as_toml(values), "utf-8")


def _merge(values: dict[str, Any], others: Mapping[str, Any]) -> None:
    for key, value in others.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            _merge(values[key], value)
        else:
            values[key] = value


def as_toml(values: Mapping[str, Any]) -> str:
    """
    Write tables of plain values, as settings are.
    """
    return "\n".join(_table(values, ""))


def _table(values: Mapping[str, Any], name: str) -> Iterator[str]:
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    if name:
        yield f"[{name}]"
    for key, value in values.items():
        if key not in tables:
            # JSON's strings, numbers, booleans and lists of them are TOML's too.
            yield f"{json.dumps(key)} = {json.dumps(value, ensure_ascii=False)}"
    for key, value in tables.items():
        yield from _table(value, f"{name}.{json.dumps(key)}" if name else json.dumps(key))
