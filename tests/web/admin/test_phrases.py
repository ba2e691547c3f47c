"""
What the program says in English is shown in the language of the page.
"""

from __future__ import annotations

import ast
import datetime as dt
import json
import pickle
import string
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import subscribers
from newsletter.errors import Refused
from newsletter.model.check import Finding, Level
from newsletter.model.issue import IssueState
from newsletter.web.admin.frame.phrases import IN_THE_NEWSROOM
from newsletter.web.admin.frame.words import Catalogues, StaffWords
from newsletter.web.admin.refusals import line_of
from subscribers.text.phrase_values import Labelled, in_utc
from subscribers.text.phrases import Phrase, joined, pack_text, phrase, plural, unpack_text


@pytest.fixture(scope="module")
def german() -> StaffWords:
    return Catalogues([]).words("de")


def test_a_phrase_is_its_english_sentence() -> None:
    text = phrase("cannot read {path}: {reason}", path="a{b}", reason=IssueState.PAUSED)
    assert text == "cannot read a{b}: paused"
    assert plural("{n} warning", "{n} warnings", 1) == "1 warning"
    assert plural("{n} warning", "{n} warnings", 0) == "0 warnings"
    assert phrase("write {braces}") == "write {braces}"
    assert joined(" {} ", ["a", phrase("b")]) == "a {} b"


def test_a_phrase_is_translated_with_the_phrases_in_it(german: StaffWords) -> None:
    error = Refused(phrase("{host} is not on the public internet", host="localhost"))
    text = phrase("{reason}: use the public URL", reason=error)
    expected = "localhost ist nicht öffentlich im Internet: Verwenden Sie die öffentliche URL"
    assert german.translate(text) == expected
    assert line_of(Refused(text), german) == "L" + expected[1:]
    assert german.translate(plural("{n} warning", "{n} warnings", 2)) == "2 Warnungen"
    sized = phrase(
        "{size:,} bytes of style blocks, of at most {limit:,}: shorten them", size=1, limit=16384
    )
    assert "höchstens 16.384" in german.translate(sized)
    assert german.translate(joined("; ", [phrase("the text"), "x"])) == "im Text; x"


def test_times_are_shown_in_the_zone_of_the_member_and_names_by_their_labels(
    german: StaffWords,
) -> None:
    at = dt.datetime(2026, 3, 5, 23, 30, tzinfo=dt.UTC)
    text = phrase(
        "all sending has been stopped since {when} ({reason}); {way_out}",
        when=in_utc(at),
        reason=Labelled("country", {"de": "Land", "en": "Country"}),
        way_out=at.date(),
    )
    assert text.endswith("since 2026-03-05 23:30 UTC (country); 2026-03-05")
    stored = unpack_text(json.loads(json.dumps(pack_text(text))))
    for each in (text, stored, pickle.loads(pickle.dumps(text))):
        assert each == text
        local = german.in_zone(ZoneInfo("Europe/Oslo")).translate(each)
        assert "seit 06.03.2026, 00:30 angehalten (Land); 05.03.2026" in local
    english = Catalogues([]).words("en").in_zone(ZoneInfo("America/New_York"))
    shown = english.translate(text).replace("\u202f", " ")
    assert "since Mar 5, 2026, 6:30 PM (Country); Mar 5, 2026" in shown
    assert english.translate(in_utc(at)).startswith("Mar 5, 2026, 6:30")


def test_a_template_that_is_no_phrase_is_not_unpacked() -> None:
    for template in ("{n:>99999999}", "{n:99999999X}", "{n.__class__}", "{n[0]}", "{}", "{n"):
        with pytest.raises(ValueError, match="placeholders"):
            unpack_text([template, {"n": 1}, "", 1])
    made = phrase("a style block has an unbalanced { or }")
    assert unpack_text(pack_text(made)) == made


def templates_with_values() -> Iterator[tuple[str, dict[str, int]]]:
    """
    Yield the templates of all phrases, each with a value for each of its names.
    """
    root = Path(subscribers.__file__).parent
    for file in [*root.rglob("*.py"), *(root.parent / "newsletter").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if getattr(getattr(node, "func", None), "id", "") not in ("phrase", "plural"):
                continue
            assert isinstance(node, ast.Call)
            values = {"n": 1, **{each.arg or "": 1 for each in node.keywords}}
            for template in node.args[:2] if node.keywords else ():
                if isinstance(template, ast.Constant):
                    yield template.value, values


def test_every_phrase_of_the_program_is_unpacked() -> None:
    found = list(templates_with_values())
    assert len(found) > 500
    for template, values in found:
        assert isinstance(unpack_text([template, values, "", 1]), Phrase)


def test_an_error_gives_its_phrase_only_if_that_is_what_it_says() -> None:
    said = phrase("the text")
    assert isinstance(str(Refused(said)), Phrase)
    assert type(str(Refused("the text"))) is str
    assert type(str(OSError(said, "no such file"))) is str


def test_a_finding_keeps_its_phrases_in_the_check_process_and_in_the_database(
    german: StaffWords,
) -> None:
    message = phrase("no headline: add one with {edit}", edit="`newsletter brief edit 1`")
    where = phrase("brief {brief} “{title}”", brief=1, title="A")
    found = Finding("briefs", Level.ERROR, message, where)
    again = Finding.unpack(found.pack())
    assert again == found
    assert german.translate(again.where) == "Meldung 1 „A“"
    assert german.translate(pickle.loads(pickle.dumps(found)).where) == "Meldung 1 „A“"
    assert Finding.unpack(found.as_json()) == found


def test_what_stays_english_is_declared_as_english(german: StaffWords) -> None:
    html = german.phrases.as_html
    assert html("550 <no>") == '<span lang="en" dir="auto">550 &lt;no&gt;</span>'
    # A sentence that no catalogue has.
    made = Phrase("there is no {thing}", {"thing": "<b>"})
    assert html(made) == '<span lang="en" dir="auto">there is no &lt;b&gt;</span>'
    assert html(phrase("the text"), capital=True) == "Im Text"
    assert html("wait for Ben.", by_people=True, full_stop=True) == "<bdi>wait for Ben.</bdi>"
    assert html("wait for Ben", by_people=True, full_stop=True) == "<bdi>wait for Ben.</bdi>"
    assert html(None) == ""
    assert html("Erst <nach> dem Essen", by_people=True) == "<bdi>Erst &lt;nach&gt; dem Essen</bdi>"
    assert html(joined("\n", [phrase("the text"), phrase("the HTML")])) == "im Text<br>im HTML"
    assert html(phrase("the template"), most=10) == "in der Vo…"
    with_command = phrase("needs an issue: run `newsletter check ISSUE`")
    assert html(with_command, code=True).endswith("<code>newsletter check ISSUE</code>")
    english = Catalogues([]).words("en").phrases.as_html
    assert english("a\nb", first_line=True) == "a"


def test_a_catalogue_with_other_placeholders_leaves_the_sentence_in_english(tmp_path: Path) -> None:
    own = tmp_path / "words/admin"
    own.mkdir(parents=True)
    own.joinpath("de.po").write_text(
        'msgid "{n} warning"\nmsgid_plural "{n} warnings"\n'
        'msgstr[0] "{m}"\nmsgstr[1] "{n.__class__}"\n\n'
        'msgid "leave it out"\nmsgstr "{"\n',
        encoding="utf-8",
    )
    words = Catalogues([tmp_path]).words("de")
    for number in (1, 2):
        text = plural("{n} warning", "{n} warnings", number)
        assert words.translate(text) == text
    assert words.translate(phrase("leave it out")) == "{"


def test_a_page_names_no_option_where_it_has_its_own_words(german: StaffWords) -> None:
    english, wrong = Catalogues([]).words("en"), []
    for said in IN_THE_NEWSROOM:
        names = {name for _, name, _, _ in string.Formatter().parse(said) if name}
        text = phrase(said, **dict.fromkeys(names, "x"))
        line = english.translate(text)
        is_plain = not any(sign in line for sign in ("--", "`newsletter", "{"))
        is_said = german.translations.gettext(said) != said
        if not is_said or not is_plain or german.translate(text) == line:
            wrong.append(said)
    assert wrong == []
