"""
Say in the language of a page what the program said in English.
"""

from __future__ import annotations

import datetime as dt
import enum
import string
from collections.abc import Callable, Mapping
from typing import Any

import babel
from babel.dates import format_date
from babel.numbers import format_decimal
from babel.support import NullTranslations
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from newsletter.web.admin.frame.dates import moment_text
from subscribers.fields.model import label_in
from subscribers.text.phrase_values import Labelled, Moment
from subscribers.text.phrases import Phrase, phrase

_ENGLISH = "en"
# Members of enums that are values of phrases are translated as these texts.
ENUM_WORDS = (
    *(phrase("draft"), phrase("scheduled"), phrase("freezing"), phrase("sending")),
    *(phrase("paused"), phrase("submitted"), phrase("cancelled"), phrase("missed")),
    *(phrase("issue"), phrase("test"), phrase("notice")),
    *(phrase("import"), phrase("export"), phrase("waiting"), phrase("running")),
    *(phrase("stopped"), phrase("done"), phrase("failed"), phrase("undoing"), phrase("undone")),
    *(phrase("approved"), phrase("active"), phrase("pending"), phrase("ended")),
    *(phrase("accepted"), phrase("rejected"), phrase("skipped"), phrase("uncertain")),
    phrase("already sent on their own"),
    phrase("not in the schedule's categories"),
    phrase("in an excluded category"),
    phrase("without a matching title"),
    phrase("with an excluded title"),
    phrase("older than the look-back"),
    phrase("waiting for their date"),
    phrase("with a title that a pattern takes too long for"),
)
# What staff read instead of a sentence that names an option or a command, for what the page itself
# has: by the sentence of the program.
IN_THE_NEWSROOM = {
    "`newsletter issue new` makes another": phrase("make another one with “New issue”"),
    "`newsletter issue reschedule {issue}` changes its time": phrase("change its time on its page"),
    "it is being sent; `newsletter issue pause {issue}` pauses it": phrase(
        "it is being sent; it can be paused on its page"
    ),
    "`newsletter issue resume {issue}` resumes it": phrase("resume it on its page"),
    "issue {issue} was paused to protect your readers: to continue, add --reason TEXT": phrase(
        "issue {issue} was paused to protect your readers: to continue, say why"
    ),
    "issue {issue} has {warnings}: see `newsletter check {issue}`; fix what it says, or send it "
    "with --override REASON": phrase(
        "issue {issue} has {warnings}: fix what the check says, or say why it is sent all the same"
    ),
    ', or add --map "COLUMN=email"': phrase(", or choose below which column has the addresses"),
    "{names} in the file {file} may say who must not be emailed: read it as status (--map "
    '"{column}=status"), or as ignore (--map "{column}=ignore") if it is about something '
    "else": phrase(
        "{names} in the file {file} may say who must not be emailed: choose “State” for it below, "
        "or what else it is"
    ),
    "opt-outs from these types of email count for other lists only: {names}; if one is this list, "
    'add --map "{column}=status"': phrase(
        "opt-outs from these types of email count for other lists only: {names}; if one is this "
        "list, choose “State” for it"
    ),
    "{path}: no column says which list: add --list SLUG": phrase(
        "{path}: no column says which list: choose the list"
    ),
    "{typed} is suppressed on all lists: leave out --list": phrase(
        "{typed} is suppressed on all lists: choose all lists"
    ),
    "{typed} complained about your email; if they asked you to write to them again, say how: "
    "--reason TEXT": phrase(
        "{typed} complained about your email; if they asked you to write to them again, say how"
    ),
    "{when} is in the past: leave --at out to send now": phrase(
        "{when} is in the past: leave the time out to send now"
    ),
    "schedule {rule} runs at {wall}, in {whose} quiet hours, which end at {ends}: choose another "
    "--cron, or other --quiet hours": phrase(
        "schedule {rule} runs at {wall}, in {whose} quiet hours, which end at {ends}: choose "
        "another time, or other quiet hours"
    ),
}
_GROUPED = ","
# What a sentence ends with already.
_ENDS = ".!?…。！？।؟"


class PhraseTranslator:
    """
    Translates phrases with the catalogue of a language.
    """

    def __init__(self, translations: NullTranslations, locale: babel.Locale) -> None:
        self._translations = translations
        self._locale = locale
        self._formatter = _Formatter(locale)
        self._is_english = locale.language == _ENGLISH

    def translate(self, text: str, zone: dt.tzinfo = dt.UTC) -> str:
        """
        Return *text* in the language of the page, as far as it is a phrase that the catalogue has,
        with its times in that time zone.
        """
        if not isinstance(text, Phrase):
            return str(self._value(text, zone))
        # The catalogue has its own settings under the empty text.
        template = self._template(text) if text.template else ""
        if not text.values:
            return template
        values = {name: self._value(value, zone) for name, value in text.values.items()}
        try:
            return self._formatter.vformat(template, (), values)
        except (KeyError, IndexError, ValueError):
            # A catalogue of the user's own may have placeholders that are not there.
            return str(text)

    def is_translated(self, text: str) -> bool:
        """
        Return whether `translate` returns *text* in the language of the page.
        """
        if self._is_english:
            return True
        if not isinstance(text, Phrase):
            return isinstance(text, Moment)
        if text.has_words and self._template(text) in (_in_the_newsroom(text), text.other):
            return False
        nested = (value for value in text.values.values() if isinstance(value, Phrase))
        return all(self.is_translated(value) for value in nested)

    def as_html(
        self,
        text: str | None,
        *,
        zone: dt.tzinfo = dt.UTC,
        cut: Callable[[str], str] = str,
        most: int = 0,
        first_line: bool = False,
        capital: bool = False,
        code: bool = False,
        by_people: bool = False,
        full_stop: bool = False,
    ) -> Markup:
        """
        Return *text* as HTML in the language of the page; where it stays English, that is declared.
        Its times are in that time *zone*.

        *cut* takes something out of it; *most* letters or the *first_line* are shown; with
        *capital*, it begins with a capital letter; with *code*, what is in backquotes is marked up;
        with *full_stop*, a full stop comes after it unless it ends with one.
        *by_people*: if it is no phrase, people wrote it, in a language that is not known.
        """
        shown = cut(self.translate(text or "", zone)).strip()
        if first_line:
            shown = shown.partition("\n")[0]
        if capital:
            shown = shown[:1].upper() + shown[1:]
        if most and len(shown) > most:
            shown = f"{shown[: most - 1]}…"
        if full_stop and shown and shown[-1] not in _ENDS:
            shown += "."
        marked = Markup("<br>").join(
            _with_code(line) if code else escape(line) for line in shown.split("\n")
        )
        if not shown or self.is_translated(text or ""):
            return marked
        if by_people and not isinstance(text, Phrase):
            return Markup("<bdi>{}</bdi>").format(marked)
        return Markup('<span lang="en" dir="auto">{}</span>').format(marked)

    def filter(self) -> Callable[..., Markup]:
        """
        Return `as_html` as a filter of templates, whose context has the `zone`.
        """

        @pass_context
        def translated(context: Context, text: str | None, **options: Any) -> Markup:
            return self.as_html(text, zone=context["zone"], **options)

        return translated

    def _template(self, text: Phrase) -> str:
        if text.other:
            return self._translations.ngettext(text.template, text.other, text.number)
        return self._translations.gettext(_in_the_newsroom(text))

    def _value(self, value: object, zone: dt.tzinfo) -> object:
        match value:
            case Phrase():
                return self.translate(value, zone)
            case Moment(at=at):
                return moment_text(at.astimezone(zone), self._locale)
            case Labelled(labels=labels):
                return label_in(labels, [str(self._locale).replace("_", "-")]) or str.__str__(value)
            case dt.date() if not isinstance(value, dt.datetime):
                return format_date(value, format="medium", locale=self._locale)
            case enum.Enum() if isinstance(value, str):
                return self._translations.gettext(value.value)
        return value


def _with_code(text: str) -> Markup:
    pieces = text.split("`")
    marked = (
        Markup("<code>{}</code>").format(piece) if number % 2 else escape(piece)
        for number, piece in enumerate(pieces)
    )
    return Markup("").join(marked)


class _Formatter(string.Formatter):
    """
    Formats numbers with separators as the language writes them.
    """

    def __init__(self, locale: babel.Locale) -> None:
        self._locale = locale

    def get_field(self, field_name: str, args: Any, kwargs: Mapping[str, Any]) -> Any:
        # Names alone: a catalogue does not look into values.
        return kwargs[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == _GROUPED and isinstance(value, int):
            return format_decimal(value, locale=self._locale)
        return str(super().format_field(value, format_spec))


def _in_the_newsroom(text: Phrase) -> str:
    return str(IN_THE_NEWSROOM.get(text.template, text.template))
