"""
The bodies of the requests and responses about declared fields and tags.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from fastapi import Path
from pydantic import Field as Value

from newsletter.web.api.body import RequestBody, Resource, ResponseBody
from newsletter.web.api.text import Line
from subscribers.fields.model import Field, FieldOption, FieldType

FieldInPath = Annotated[
    str, Path(max_length=60, description="The name of the field", examples=["edition"])
]
FieldName = Annotated[str, Value(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_]*$")]
Labels = Annotated[
    dict[Annotated[str, Value(max_length=35)], Line],
    Value(max_length=100, description="What readers see, by language"),
]
_LABELS: dict[str, Any] = {"en": "Edition", "de": "Ausgabe"}
_OPTIONS: list[dict[str, Any]] = [
    {"key": "morning", "labels": {"en": "Morning"}},
    {"key": "evening", "labels": {"en": "Evening"}},
]


class FieldOptionBody(ResponseBody):
    """
    A value to choose from.
    """

    key: str
    labels: dict[str, str]


class FieldOptionToKeep(RequestBody):
    """
    A value to choose from. `key` is stored, and `labels` are shown.
    """

    key: Annotated[str, Value(min_length=1, max_length=60)]
    labels: Labels = Value(default_factory=dict)

    def as_option(self) -> FieldOption:
        """
        Return what an action takes.
        """
        return FieldOption(key=self.key, labels=self.labels)


Options = Annotated[list[FieldOptionToKeep], Value(max_length=500)]


class FieldToMake(RequestBody):
    """
    A new field. `options` are those of a `choice` or of `choices`.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "name": "edition",
        "type": "choice",
        "labels": _LABELS,
        "options": _OPTIONS,
        "is_public": True,
    }
    name: FieldName
    type: FieldType
    labels: Labels = Value(default_factory=dict)
    options: Options = Value(default_factory=list)
    is_public: bool = Value(default=False, description="Readers see and change it")
    is_personal: bool = Value(default=False, description="Its values are personal data")


class FieldChanges(RequestBody):
    """
    What is to change about a field. A label replaces the one in its language, and an empty one
    removes it; `options` replace all others.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"labels": {"fr": "Édition"}, "position": 2}
    labels: Labels | None = None
    options: Options | None = None
    is_public: bool | None = None
    is_personal: bool | None = None
    position: Annotated[int, Value(ge=1, le=10_000)] | None = Value(
        default=None, description="Its place among the fields of a form"
    )


class FieldBody(Resource):
    """
    A declared field.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "name": "edition",
        "type": "choice",
        "labels": _LABELS,
        "options": _OPTIONS,
        "is_public": True,
        "is_personal": False,
        "position": 1,
    }
    name: str
    type: FieldType
    labels: dict[str, str]
    options: list[FieldOptionBody]
    is_public: bool
    is_personal: bool
    position: int

    @classmethod
    def of(cls, field: Field) -> FieldBody:
        """
        Return the body of a field.
        """
        return cls(
            name=field.name,
            type=field.type,
            labels=dict(field.labels),
            options=[
                FieldOptionBody(key=each.key, labels=dict(each.labels)) for each in field.options
            ],
            is_public=field.is_public,
            is_personal=field.is_personal,
            position=field.position,
        )


class PeopleCountBody(ResponseBody):
    """
    A number of people.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"people": 4210}
    people: int
