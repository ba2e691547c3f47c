"""
Render template sources with a plain context to subject, HTML and text; MJML is compiled on the way.
It runs inside the sandbox process.

Jinja's own sandbox does not limit time or memory (docs/sandbox.rst), so there are two restrictions:
the environment keeps templates to plain data, and the process limits what they use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jinja2

from newsletter.errors import SlowTemplate, TemplateError
from newsletter.mail.mjml import compile
from newsletter.mail.mjml.elements import MjmlError
from newsletter.mail.templating.environment import (
    PREFIX,
    RestrictedEnvironment,
    UnknownNameError,
)
from newsletter.mail.templating.slow_templates import TooLong, render_limited, stopped_before_limit
from newsletter.mail.templating.source_lines import LinesInText, origin_of
from subscribers.text.phrases import joined, phrase


def render_parts(
    sources: Mapping[str, str], folder: str, context: dict[str, Any]
) -> dict[str, str]:
    """
    Render the `subject`, `html` and `text` of the template *folder* ("issue/digest").

    HTML and text can use the subject as `subject`.

    Raises:
        TemplateError: a template is not valid; the message is one line with file and line number.
        SlowTemplate: rendering takes too long; the message names the line that was running.
        MemoryError: the memory limit was reached; the message is the file and line number.
    """
    with stopped_before_limit():
        try:
            return _parts(sources, folder, context)
        except TooLong as stopped:
            place = stopped.place or f"{PREFIX}{folder}"
            raise SlowTemplate(
                phrase("{place}: takes too long: is there an endless loop?", place=place)
            ) from None


def _parts(sources: Mapping[str, str], folder: str, context: dict[str, Any]) -> dict[str, str]:
    environment = RestrictedEnvironment(sources)
    subject = _rendered(environment, f"{folder}/subject.txt", context)
    context = {**context, "subject": " ".join(subject.split())}
    if not context["subject"]:
        raise TemplateError(
            phrase(
                "{file} is empty, and the issue needs a subject: set it with "
                "`newsletter issue edit ISSUE --subject TEXT`",
                file=f"{PREFIX}{folder}/subject.txt",
            )
        )
    return {
        "subject": context["subject"],
        "html": _html(environment, sources, folder, context=context).strip() + "\n",
        "text": _rendered(environment, f"{folder}/body.txt", context).strip() + "\n",
    }


def warm_up() -> None:
    """
    Import what Jinja imports at first use, mainly for errors.
    """
    sources = {
        "x/subject.txt": "{% for i in range(2) %}{{ loop.index }}{% endfor %}{{ 2 ** 3 }}",
        "x/body.html": "{% macro m(a) %}{{ a|mail_html }}{% endmacro %}{{ m('x') }}",
        "x/body.txt": "{{ 'x'|wrap78 }}{{ y }}",
    }
    for y in ({"y": "y"}, {}):
        try:
            render_parts(sources, "x", y)
        except TemplateError:
            continue
    compile.warm_up()


def _html(
    environment: jinja2.Environment,
    sources: Mapping[str, str],
    folder: str,
    *,
    context: dict[str, Any],
) -> str:
    name = f"{folder}/body.mjml"
    if name not in sources:
        return _rendered(environment, f"{folder}/body.html", context)
    source = _rendered(environment, name, context)
    try:
        return compile.compile_mjml(
            source, lang=context["lang"], dir=context["dir"], title=context["subject"]
        )
    except MjmlError as error:
        place = _origin(environment, name, context, source=source, at=error.place)
        raise TemplateError(joined(": ", [place, str(error)])) from None


def _origin(
    environment: jinja2.Environment, name: str, context: dict[str, Any], *, source: str, at: int
) -> str:
    """
    Return file and line of the character at *at* in *source*.

    Return only the file if the template renders differently with line numbers in it, for example
    because it counts its own characters.
    """
    environment.add_extension(LinesInText)
    try:
        found = origin_of(at, source, _rendered(environment, name, context))
    except TemplateError:
        found = None
    return found or f"{PREFIX}{name}"


def _rendered(environment: jinja2.Environment, name: str, context: dict[str, Any]) -> str:
    try:
        # Macros that are imported from parts/ have no context, but see the globals.
        environment.globals |= context
        return render_limited(environment.get_template(name))
    except jinja2.TemplateSyntaxError as error:
        place = error.filename or f"{PREFIX}{name}"
        raise TemplateError(
            phrase(
                "{place} line {line}: {message}",
                place=place,
                line=error.lineno,
                message=error.message,
            )
        ) from None
    except MemoryError as error:
        file, number = _place_of(error)
        raise MemoryError(f"{file} line {number}" if file else f"{PREFIX}{name}") from None
    except Exception as error:
        raise TemplateError(_one_line(error, environment, name, context)) from None


def _one_line(
    error: Exception, environment: jinja2.Environment, name: str, context: dict[str, Any]
) -> str:
    file, number = _place_of(error)
    if isinstance(error, UnknownNameError):
        file, number = _written_at(error, environment)
    place = f"{file} line {number}" if file else f"{PREFIX}{name}"
    if isinstance(error, UnknownNameError):
        written = _as_written(error.name, _line_of(environment, file, number))
        known = sorted(context) if error.known is None else error.known
        names = ", ".join(map(str, known))[:600]
        choices = phrase("; choose from {names}", names=names) if known else ""
        return phrase("{place}: {name!r} is unknown{more}", place=place, name=written, more=choices)
    if isinstance(error, jinja2.TemplateNotFound):
        return phrase("{place}: there is no template file {name!r}", place=place, name=error.name)
    if isinstance(error, RecursionError):
        return phrase("{place}: the templates include each other endlessly", place=place)
    message = " ".join(str(error).split())[:600]
    return f"{place}: {message or type(error).__name__}"


def _place_of(error: Exception) -> tuple[str, int]:
    """
    Return the innermost template line in the traceback of *error*.
    """
    return next(_places_of(error), ("", 0))


def _places_of(error: Exception) -> Iterator[tuple[str, int]]:
    """
    Return the template lines in the traceback of *error*, the innermost first.
    """
    steps, step = [], error.__traceback__
    while step is not None:
        steps.append((step.tb_frame.f_code.co_filename, step.tb_lineno))
        step = step.tb_next
    return (place for place in reversed(steps) if place[0].startswith(PREFIX))


def _written_at(error: UnknownNameError, environment: jinja2.Environment) -> tuple[str, int]:
    """
    Return where the unknown name is written, which may be the caller of a macro.
    """
    for place in _places_of(error):
        if re.search(rf"\b{re.escape(error.name)}\b", _line_of(environment, *place)):
            return place
    return _place_of(error)


def _line_of(environment: jinja2.Environment, file: str, number: int) -> str:
    if not file or environment.loader is None:
        return ""
    source, _, _ = environment.loader.get_source(environment, file.removeprefix(PREFIX))
    return source.split("\n")[number - 1]


def _path_to(name: str) -> re.Pattern[str]:
    # It begins where a path begins, so that a long path is searched once.
    return re.compile(rf"(?<![\w.])(?:\w+\.)*{re.escape(name)}\b")


def _as_written(name: str, line: str) -> str:
    """
    Return the unknown *name* as it is written in *line*: 'brief.titel' instead of 'titel'.
    """
    written = _path_to(name).search(line)
    return written[0] if written else name
