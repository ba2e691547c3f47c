"""
The words of the newsroom: each text of its templates and code is in the catalogue of each language.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

import newsletter.errors
import subscribers.errors
from newsletter.errors import NotFound, Refused
from newsletter.mail.templating.files import project_templates
from newsletter.web.admin.frame.words import FOLDER, Catalogues
from newsletter.web.admin.settings.health.setting_sentences import sentences_in
from subscribers.errors import SubscribersError

ROOT = Path(__file__).resolve().parents[3]
CATALOGUES = sorted((project_templates() / FOLDER).glob("*.po"))
EACH_CATALOGUE = pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.stem)
PACKAGES = ("newsletter", "subscribers")
# How many of the arguments of a function are templates.
_TEMPLATES = {"phrase": 1, "plural": 2}
# Where something is refused that staff ask for in the newsroom.
REFUSING = (
    *("newsletter/actions", "newsletter/delivery", "newsletter/issues", "newsletter/scheduling"),
    *(f"newsletter/store/{name}" for name in ("content", "delivery", "issues", "scheduling")),
    *("newsletter/web/admin", "subscribers"),
)
REFUSALS = {
    name
    for module in (newsletter.errors, subscribers.errors)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, (Refused, NotFound, SubscribersError))
}
PHRASES = ROOT / "subscribers/text/phrases.py"
_METHODS = [("**.py", "python"), ("**.html", "jinja2")]
_OPTIONS = {"**.html": {"trimmed": "true", "newstyle_gettext": "true"}}


def texts() -> set[str | tuple[str, ...]]:
    """
    Return every text that is to be translated: a string, or its two forms.
    """
    found: Catalog = Catalog()
    for folder in (ROOT / "newsletter/web/admin", project_templates() / "admin"):
        for _, _, text, _, _ in extract_from_dir(
            folder, _METHODS, _OPTIONS, keywords=DEFAULT_KEYWORDS
        ):
            found.add(text[:2] if isinstance(text, tuple) else text)
    return {message.id for message in found if message.id} | phrases() | settings_sentences()


def settings_sentences() -> set[str]:
    """
    Return the sentences about the keys of newsletter.toml.
    """
    modules = (ROOT / "newsletter/settings").glob("*.py")
    return {text for path in modules for _, _, text in sentences_in(path.read_text())}


def phrases() -> set[str | tuple[str, ...]]:
    """
    Return the templates of all phrases of the program.
    """
    calls = (call for _, call in phrase_calls())
    return {_texts_of(call) for call in calls}


@functools.cache
def phrase_calls() -> list[tuple[Path, ast.Call]]:
    """
    Return each call that makes a phrase, with the module that it is in.
    """
    modules = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return [
        (path.relative_to(ROOT), node)
        for path in modules
        if path != PHRASES and "text.phrases import" in (text := path.read_text())
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _TEMPLATES
    ]


def _texts_of(call: ast.Call) -> str | tuple[str, ...]:
    assert isinstance(call.func, ast.Name)
    found = tuple(
        text.value
        for text in call.args[: _TEMPLATES[call.func.id]]
        if isinstance(text, ast.Constant) and isinstance(text.value, str)
    )
    return found[0] if len(found) == 1 else found


def messages(file: Path) -> Iterator[Message]:
    with file.open("rb") as source:
        catalogue = read_po(source, locale=file.stem)
    assert not catalogue.obsolete
    return (message for message in catalogue if message.id)


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def placeholders(text: str) -> set[str]:
    """
    Return the names of the values in *text*: those of a page, or those of a phrase with their form.
    """
    return set(re.findall(r"%\((\w+)\)s|(?<!\{)(\{\w+(?:!r)?(?::[^{}]*)?\})", text))


def test_there_is_a_german_catalogue() -> None:
    assert "de" in [file.stem for file in CATALOGUES]


@EACH_CATALOGUE
def test_a_catalogue_has_every_text_and_no_other(file: Path) -> None:
    assert {message.id for message in messages(file)} == texts(), "run `make words`"


@EACH_CATALOGUE
def test_every_text_is_translated_with_the_same_placeholders(file: Path) -> None:
    said = phrases() | settings_sentences()
    for message in messages(file):
        ours = forms(message.string)
        assert all(ours), f"{file.name}: {message.id} is not translated"
        wanted = set().union(*(placeholders(text) for text in forms(message.id)))
        for text in ours:
            assert placeholders(text) <= wanted, text
        assert placeholders(ours[-1]) == placeholders(forms(message.id)[-1]), ours[-1]
        if message.id not in said:
            assert not re.search(r"%(?!\(\w+\)s|%)", "".join(ours)), f"{file.name}: {message.id}"


def test_the_template_of_a_phrase_is_written_out_and_has_a_place_for_each_value() -> None:
    for path, call in phrase_calls():
        assert isinstance(call.func, ast.Name)
        where, texts = f"{path}:{call.lineno}", forms(_texts_of(call))
        assert len(texts) == _TEMPLATES[call.func.id], where
        given = {str(value.arg) for value in call.keywords}
        if given or len(texts) > 1:
            named = set(re.findall(r"(?<!\{)\{(\w+)", "".join(texts))) - {"n"}
            assert named == given - {"n"}, where


def test_what_an_action_refuses_is_a_phrase() -> None:
    written_out = re.compile(rf"\b(?:{'|'.join(REFUSALS)})\(\s*f?[\"']")
    found = [
        str(path.relative_to(ROOT))
        for place in REFUSING
        for path in sorted((ROOT / place).rglob("*.py"))
        if path.name != "single_sign_on.py" and written_out.search(path.read_text())
    ]
    assert found == [], "write phrase(...), so that the newsroom can translate it"


def test_a_user_s_own_catalogue_comes_before_the_project_s(tmp_path: Path) -> None:
    own = tmp_path / FOLDER
    own.mkdir(parents=True)
    (own / "de.po").write_text('msgid "Today"\nmsgstr "Jetzt"\n', encoding="utf-8")
    (own / "ar.po").write_text('msgid "Today"\nmsgstr "اليوم"\n', encoding="utf-8")
    catalogues = Catalogues([tmp_path])
    assert catalogues.languages == ("ar", "de", "en")
    german, arabic = catalogues.words("de"), catalogues.words("ar")
    assert (german.gettext("Today"), german.gettext("Time zone")) == ("Jetzt", "Zeitzone")
    assert (arabic.gettext("Today"), arabic.dir) == ("اليوم", "rtl")
    assert arabic.gettext("Time zone") == "Time zone"


def test_a_catalogue_that_cannot_be_read_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = tmp_path / FOLDER
    own.mkdir(parents=True)
    (own / "de.po").write_bytes(b'msgid "Today"\nmsgstr "\xff"\n')
    assert Catalogues([tmp_path]).words("de").gettext("Today") == "Heute"
    assert "the catalogue de.po was not read" in caplog.text
