"""
Define the Jinja environment that templates run in: plain data, an allow-list of filters, tests and
globals, and limits on operators that can make very long values.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from typing import Any

import jinja2
from jinja2 import Undefined
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.runtime import BlockReference, LoopContext, TemplateReference
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace, missing
from markupsafe import Markup, escape

from newsletter.mail.html.linkify import linkify
from newsletter.mail.mime.plaintext import columns, shortened, underlined, wrap78
from newsletter.mail.templating.brief_html import mail_html
from newsletter.mail.templating.placeholders import fill_placeholders

PREFIX = "templates/"

# Deliberately missing: attr, format, center, indent, pprint, tojson, batch, slice, round, safe.
_FILTERS = [
    "abs",
    "capitalize",
    "count",
    "d",
    "default",
    "dictsort",
    "e",
    "escape",
    "first",
    "float",
    "groupby",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "select",
    "selectattr",
    "sort",
    "string",
    "striptags",
    "sum",
    "title",
    "trim",
    "truncate",
    "unique",
    "upper",
    "urlencode",
    "wordcount",
]
_TESTS = [
    "boolean",
    "defined",
    "divisibleby",
    "even",
    "eq",
    "equalto",
    "false",
    "float",
    "ge",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sameas",
    "sequence",
    "string",
    "true",
    "undefined",
]
# Jinja's own objects that a template can access; everything else is plain data.
_JINJA_TYPES = (BlockReference, LoopContext, Namespace, TemplateReference, Undefined)
_MOST_RANGE = 1_000
_MOST_ITEMS = 100_000
_MOST_NUMBER = 10**12


def _linkify(text: Any) -> Markup:
    """
    Return *text* as HTML, with its web addresses as links in the colour of the text.
    """
    linked = linkify(str(escape(text)))
    return Markup(linked.replace("<a ", '<a style="color:inherit" '))  # noqa: S704 (escaped)


class RestrictedEnvironment(ImmutableSandboxedEnvironment):
    """
    Jinja with an allow-list of filters, tests and globals, keys of mappings instead of attributes,
    and limits on operators that can make very long values.
    """

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, sources: Mapping[str, str], *, cache_size: int = 0) -> None:
        super().__init__(
            loader=_Sources(sources),
            autoescape=lambda name: name is None or name.endswith((".html", ".mjml")),
            undefined=_Unknown,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=cache_size,
        )
        self.filters = {name: self.filters[name] for name in _FILTERS}
        self.filters |= {
            "columns": columns,
            "fill": fill_placeholders,
            "linkify": _linkify,
            "mail_html": mail_html,
            "shorten": shortened,
            "underlined": underlined,
            "wrap78": wrap78,
        }
        self.tests = {name: self.tests[name] for name in _TESTS}
        self.globals = {"range": _short_range, "namespace": Namespace}

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, _JINJA_TYPES) or type(obj).__name__ == "TemplateModule":
            return super().getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        # `brief.keys` is a key of the brief, never a method of dict; str and list have no names.
        if isinstance(obj, Undefined):
            return obj[argument]
        if isinstance(obj, dict):
            return obj[argument] if argument in obj else self.undefined(obj=obj, name=argument)
        try:
            return obj[argument]
        except (TypeError, LookupError):
            return self.undefined(obj=obj, name=argument)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "*" and (_size(left) is not None or _size(right) is not None):
            return self._repeated(left, right)
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            raise SecurityError(f"{operator} works only with numbers here")
        if operator == "**" and (abs(left) > 10**6 or not 0 <= right <= 16):
            raise SecurityError("** works only with small numbers here")
        if abs(left) > _MOST_NUMBER or abs(right) > _MOST_NUMBER:
            raise SecurityError(f"{operator} works only with numbers up to {_MOST_NUMBER} here")
        return super().call_binop(context, operator, left, right)

    def _repeated(self, left: Any, right: Any) -> Any:
        many, times = (left, right) if _size(left) is not None else (right, left)
        if not isinstance(times, int) or (_size(many) or 0) * times > _MOST_ITEMS:
            raise SecurityError(f"* would make more than {_MOST_ITEMS} characters or items")
        return many * times


class _Sources(jinja2.DictLoader):
    """
    Template sources whose file names appear in error messages.
    """

    def get_source(self, environment: jinja2.Environment, template: str) -> Any:
        source, _, is_fresh = super().get_source(environment, template)
        return source, PREFIX + template, is_fresh


class UnknownNameError(UndefinedError):
    """
    A template uses the unknown *name*; `known` has the names that it could use instead, or is None
    if these are the names of the context.
    """

    def __init__(self, message: str, *, name: str, known: Collection[str] | None) -> None:
        super().__init__(message)
        self.name = name
        self.known = known


class _Unknown(jinja2.StrictUndefined):
    """
    An unknown name or item: using it raises an error that says so.
    """

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: Any = UndefinedError,
    ) -> None:
        if hint is None and exc is UndefinedError and not isinstance(obj, list):
            known = None if obj is missing else obj if isinstance(obj, dict) else ()
            exc = functools.partial(UnknownNameError, name=str(name), known=known)
        super().__init__(hint, obj, name, exc)

    @property
    def _undefined_message(self) -> str:
        if self._undefined_hint:
            return self._undefined_hint
        name: object = self._undefined_name
        if isinstance(self._undefined_obj, list):
            item = f"item {name}" if isinstance(name, int) else repr(name)
            return f"there is no {item} in a list of {len(self._undefined_obj)}"
        return f"{name!r} is unknown"


def _short_range(*arguments: int) -> range:
    numbers = range(*arguments)
    if len(numbers) > _MOST_RANGE:
        raise SecurityError(f"range() is limited to {_MOST_RANGE} numbers here")
    return numbers


def _size(value: Any) -> int | None:
    return len(value) if isinstance(value, str | list | tuple) else None
