"""
Define how a mail shows the values of a declared field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from subscribers.fields.model import FieldType


@dataclass(frozen=True)
class FieldDisplay:
    """
    The type of the field, the language of the mail, and the `labels` that values have there: those
    of the options, or of yes and no.
    """

    type: FieldType
    language: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"type": self.type.value, "language": self.language, "labels": dict(self.labels)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> FieldDisplay:
        return cls(FieldType(values["type"]), values["language"], values["labels"])
