"""
Translate the errors of actions into problems of the API.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from newsletter import errors
from newsletter.web.api.refusals.command_names import with_operations
from newsletter.web.api.refusals.problems import Problem, ProblemType, ValueProblem, not_found
from subscribers import errors as people
from subscribers.text.phrases import one_line

RETRY_AFTER_S = 5

# The first class that an error is an instance of counts.
_KINDS: tuple[tuple[type[Exception], ProblemType], ...] = (
    (errors.StoreError, ProblemType.UNAVAILABLE),
    (errors.NotFound, ProblemType.NOT_FOUND),
    (errors.Forbidden, ProblemType.FORBIDDEN),
    (errors.InvalidValue, ProblemType.INVALID),
    (errors.SettingsError, ProblemType.INVALID),
    (errors.ReadError, ProblemType.INVALID),
    (errors.UnknownTemplate, ProblemType.INVALID),
    (errors.SourceError, ProblemType.UPSTREAM),
    (errors.ProviderError, ProblemType.UPSTREAM),
    (people.SubscriberExists, ProblemType.EXISTS),
    (people.ListExists, ProblemType.EXISTS),
    (people.FieldExists, ProblemType.EXISTS),
    (people.SegmentExists, ProblemType.EXISTS),
    (people.TagExists, ProblemType.EXISTS),
    (people.ListInUse, ProblemType.REFUSED),
    (people.JobRefused, ProblemType.REFUSED),
    (people.JobLost, ProblemType.REFUSED),
    (people.ImportBlocked, ProblemType.REFUSED),
    (people.SubscribersError, ProblemType.INVALID),
    (errors.NewsletterError, ProblemType.REFUSED),
)
# What each of these is about: the names of its parameter in paths and its fields in bodies, and
# what it is called. A message with the most similar name may name what the token does not reach.
_REFERENCES: dict[type[Exception], tuple[tuple[str, ...], str]] = {
    people.UnknownList: (("slug", "list", "lists"), "list"),
    people.UnknownSubscriber: (("address", "addresses"), "subscriber"),
    people.UnknownSegment: (("segment",), "segment"),
    people.UnknownTag: (("tag", "tags"), "tag"),
    people.UnknownField: (("field", "fields"), "field"),
    people.UnknownJob: (("import", "export", "number"), "job"),
    people.UnknownRequest: (("request", "number"), "request"),
    errors.UnknownBrief: (("brief", "briefs", "key"), "brief"),
    errors.UnknownSource: (("source", "sources"), "source"),
}
_FIELDS: dict[type[Exception], tuple[str, ...]] = {
    errors.UnknownTemplate: ("template",),
    people.InvalidAddress: ("address", "addresses"),
    people.InvalidSlug: ("slug",),
    people.UnknownTimezone: ("timezone",),
    people.RuleError: ("rule",),
}


@dataclass(frozen=True, kw_only=True)
class RequestNames:
    """
    The names of the parameters in the path, the parameters of the query and the fields of the body
    of an operation. `makes` if it can make what the path names.
    """

    path: Collection[str] = ()
    query: Collection[str] = ()
    body: Collection[str] = ()
    makes: bool = False


def problem_of(error: Exception, names: RequestNames) -> Problem | None:
    """
    Return the problem that reports *error*; None if no action raises such an error.
    """
    if isinstance(error, Problem):
        return error
    for known, (fields, word) in _REFERENCES.items():
        if isinstance(error, known):
            wanted = getattr(error, "wanted", "")
            detail = f"there is no {word} {wanted!r}" if wanted else f"there is no such {word}"
            if known is people.UnknownField and "fields" in names.body:
                place = ValueProblem(detail=detail, pointer=f"/fields/{wanted}")
                return _unknown(detail, [place])
            return _unknown_reference(fields, detail, names)
    kind = next((kind for known, kind in _KINDS if isinstance(error, known)), None)
    if kind is None:
        return None
    if kind is ProblemType.NOT_FOUND:
        return not_found() if names.path else _unknown(_one_line(error, names), ())
    if kind is ProblemType.UNAVAILABLE:
        headers = {"Retry-After": str(RETRY_AFTER_S)}
        detail = "the database cannot be used now: try again later"
        return Problem(kind=kind, detail=detail, headers=headers)
    if isinstance(error, people.InvalidAddress) and _is_path_alone("address", names):
        return not_found()
    if isinstance(error, errors.UnknownTemplate) and _is_path_alone("template", names):
        return not_found()
    return Problem(kind=kind, detail=_one_line(error, names), errors=_places(error, names))


def _unknown_reference(fields: Collection[str], detail: str, names: RequestNames) -> Problem:
    if any(name in names.path for name in fields):
        return not_found()
    places = [_place(detail, name, names) for name in fields]
    return _unknown(detail, [each for each in places if each is not None])


def _unknown(detail: str, places: Collection[ValueProblem]) -> Problem:
    return Problem(kind=ProblemType.UNKNOWN_REFERENCE, detail=detail, errors=tuple(places))


def _is_path_alone(name: str, names: RequestNames) -> bool:
    return name in names.path and name not in names.body and not names.makes


def _places(error: Exception, names: RequestNames) -> tuple[ValueProblem, ...]:
    if isinstance(error, people.InvalidFieldValues) and "fields" in names.body:
        return tuple(
            ValueProblem(detail=detail, pointer=f"/fields/{name}")
            for name, detail in error.by_field.items()
        )
    fields = next((fields for known, fields in _FIELDS.items() if isinstance(error, known)), ())
    if named := getattr(error, "field", ""):
        fields = (named,)
    found = (_place(_one_line(error, names), name, names) for name in fields)
    return tuple(each for each in found if each is not None)


def _place(detail: str, name: str, names: RequestNames) -> ValueProblem | None:
    if name in names.body:
        return ValueProblem(detail=detail, pointer=f"/{name}")
    if name in names.path or name in names.query:
        return ValueProblem(detail=detail, parameter=name)
    return None


def _one_line(error: Exception, names: RequestNames) -> str:
    line = one_line(str(error))
    if isinstance(error, errors.CommandRequired):
        return line
    return with_operations(line, {*names.body, *names.query})
