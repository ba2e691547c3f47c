"""
The words of the newsroom: each text of its templates and code is in the catalogue of each language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from newsletter.mail.templating.files import project_templates
from newsletter.web.admin.frame.words import FOLDER, Catalogues

ROOT = Path(__file__).resolve().parents[3]
CATALOGUES = sorted((project_templates() / FOLDER).glob("*.po"))
EACH_CATALOGUE = pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.stem)
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
    return {message.id for message in found if message.id}


def messages(file: Path) -> Iterator[Message]:
    with file.open("rb") as source:
        catalogue = read_po(source, locale=file.stem)
    assert not catalogue.obsolete
    return (message for message in catalogue if message.id)


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))


def test_there_is_a_german_catalogue() -> None:
    assert "de" in [file.stem for file in CATALOGUES]


@EACH_CATALOGUE
def test_a_catalogue_has_every_text_and_no_other(file: Path) -> None:
    assert {message.id for message in messages(file)} == texts(), "run `make words`"


@EACH_CATALOGUE
def test_every_text_is_translated_with_the_same_placeholders(file: Path) -> None:
    for message in messages(file):
        ours = forms(message.string)
        assert all(ours), f"{file.name}: {message.id} is not translated"
        wanted = set().union(*(placeholders(text) for text in forms(message.id)))
        for text in ours:
            assert placeholders(text) <= wanted, text
        assert placeholders(ours[-1]) == placeholders(forms(message.id)[-1]), ours[-1]
        assert not re.search(r"%(?!\(\w+\)s|%)", "".join(ours)), f"{file.name}: {message.id}"


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
