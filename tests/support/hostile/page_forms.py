"""
The forms of a page, as a browser reads them: where each is sent, and what it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

TOKEN = "form_token"
_NO_VALUE = ("submit", "image", "reset", "button")
_CHOICES = ("radio", "checkbox")
# What is typed into empty fields that take no word.
_TYPED = {
    "address": "new-one@example.org",
    "addresses": "new-one@example.org",
    "cron": "0 6 * * *",
    "language": "de",
    "more": "new-one@example.org",
    "pasted": "email\nnew-one@example.org",
    "q": "new-one@example.org",
    "received": "2026-03-02",
    "sender": "New One <new-one@example.org>",
    "text": "new-one",
}


@dataclass(frozen=True, kw_only=True)
class Control:
    """
    A field or button of a form. `kind` is the type of an input, or "select", "textarea", "button";
    `is_sent` is True if a browser sends it as the page shows it; `others` are what else can be
    chosen; `most` is how many letters can be typed, 0 for a field that does not say it.
    """

    name: str
    kind: str
    value: str = ""
    is_sent: bool = True
    others: tuple[str, ...] = ()
    least: str = ""
    most: int = 0


@dataclass(kw_only=True)
class PageForm:
    """
    A form on the page *page*.
    """

    page: str
    action: str
    method: str
    is_multipart: bool
    controls: list[Control] = field(default_factory=list)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(control.name for control in self.controls)

    @property
    def token(self) -> str:
        return next((each.value for each in self.controls if each.name == TOKEN), "")

    @property
    def buttons(self) -> list[Control]:
        """
        Return the buttons that say which of them was pressed.
        """
        return [control for control in self.controls if control.kind == "button"]

    def sent(self, button: Control | None = None) -> list[tuple[str, str]]:
        """
        Return what a person sends who fills in what is empty, chooses where nothing is chosen, and
        presses *button*, by default the first one.
        """
        pressed = button or next(iter(self.buttons), None)
        chosen = {each.name for each in self.controls if each.kind in _CHOICES and each.is_sent}
        values = []
        for each in self.controls:
            if each.kind in _CHOICES and not each.is_sent and each.name not in chosen:
                # Of what can be chosen and is not yet, the first.
                chosen.add(each.name)
                values.append((each.name, each.value))
            elif each.kind not in ("button", "file") and each.is_sent:
                values.append((each.name, filled(each)))
        return [*values, *([(pressed.name, pressed.value)] if pressed else [])]


def filled(control: Control) -> str:
    """
    Return the value of a control, or what a person types where nothing stands, or a vector.
    """
    is_typed = control.kind not in ("hidden", "select", *_CHOICES)
    if not is_typed or (control.value and "alert(" not in control.value):
        return control.value
    if control.name in _TYPED:
        return _TYPED[control.name]
    typed = {
        "date": "2026-03-09",
        "datetime-local": "2026-03-09T09:00",
        "email": "new-one@example.org",
        "number": control.least or "2",
        "password": "harbour lights at dawn",
        "time": "09:00",
        "url": "https://example.org/new",
    }
    return typed.get(control.kind, "new-one")


def forms_of(page: str, html: str) -> list[PageForm]:
    """
    Return the forms of the page at the path *page*.
    """
    parser = _Parser(page)
    parser.feed(html)
    parser.close()
    return parser.forms()


def links_of(html: str) -> Iterator[str]:
    """
    Yield the addresses that the links of a page lead to.
    """
    parser = _Parser("")
    parser.feed(html)
    yield from parser.links


class _Parser(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self._page = page
        self._forms: list[PageForm] = []
        self._ids: dict[str, PageForm] = {}
        self._open: PageForm | None = None
        self._found: list[tuple[PageForm | str | None, Control]] = []
        self._select: tuple[dict[str, str], list[tuple[str, bool]]] | None = None
        self._text: tuple[dict[str, str], list[str]] | None = None

    def forms(self) -> list[PageForm]:
        for owner, control in self._found:
            form = self._ids.get(owner) if isinstance(owner, str) else owner
            if form is not None and control.name:
                form.controls.append(control)
        return self._forms

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        has = {name for name, _value in attrs}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag == "form":
            self._begin(values)
        elif tag == "select":
            self._select = (values, [])
        elif tag == "option" and self._select is not None:
            self._select[1].append((values.get("value", ""), "selected" in has))
        elif tag == "textarea":
            self._text = (values, [])
        elif tag in ("input", "button") and "disabled" not in has:
            self._add(values, _control(tag, values, has))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select" and self._select is not None:
            values, options = self._select
            self._select = None
            chosen = [value for value, is_chosen in options if is_chosen]
            chosen = chosen or [value for value, _ in options[:1]]
            for value in chosen:
                others = tuple(each for each, _ in options if each != value)
                name = values.get("name", "")
                self._add(values, Control(name=name, kind="select", value=value, others=others))
        elif tag == "textarea" and self._text is not None:
            values, parts = self._text
            self._text = None
            text = "".join(parts).removeprefix("\n")
            name, most = values.get("name", ""), int(values.get("maxlength", 0))
            self._add(values, Control(name=name, kind="textarea", value=text, most=most))

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text[1].append(data)

    def _begin(self, values: dict[str, str]) -> None:
        form = PageForm(
            page=self._page,
            action=values.get("action") or self._page,
            method=values.get("method", "get").upper(),
            is_multipart="multipart" in values.get("enctype", ""),
        )
        self._forms.append(form)
        self._open = form
        if "id" in values:
            self._ids[values["id"]] = form

    def _add(self, values: dict[str, str], control: Control) -> None:
        self._found.append((values.get("form") or self._open, control))
        elsewhere = values.get("formaction")
        if elsewhere and self._open is not None:
            # A button that sends the form to another address.
            other = replace(self._open, action=elsewhere, controls=[])
            self._forms.append(other)
            mine = [each for owner, each in self._found if owner is self._open]
            self._found += [(other, each) for each in mine]


def _control(tag: str, values: dict[str, str], has: Iterable[str]) -> Control:
    kind = "button" if tag == "button" else values.get("type", "text").lower()
    value = values.get("value", "on" if kind in _CHOICES else "")
    return Control(
        name=values.get("name", ""),
        kind="button" if kind in _NO_VALUE else kind,
        value=value,
        is_sent=kind not in _CHOICES or "checked" in has,
        least=values.get("min", ""),
        most=int(values.get("maxlength", 0)),
    )
