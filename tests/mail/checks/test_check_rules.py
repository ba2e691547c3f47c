"""
Test the rules: every rule has a mail that breaks it and is caught, while the mail that all of them
are made from and all shipped templates break none.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from breaking import BREAKS, Break, Case, body
from issue_samples import NONCE
from template_samples import ISSUE_TEMPLATES, WRITINGS, issue_in, site_in

from newsletter.isolation.sandbox import Sandbox
from newsletter.issues.notices import APPROVAL_NOTICE, NOTICES, NoticeSettings, compose_notice
from newsletter.mail.checks.rules import RULES
from newsletter.mail.checks.run import check_mail, check_modules
from newsletter.mail.checks.sandbox_child import find, parse_message
from newsletter.mail.merge.fields import URL_FIELDS, compile_mail
from newsletter.mail.mime.message import message_bytes
from newsletter.mail.render import RENDER_MODULES, render_mail
from newsletter.mail.sample_readers import READER
from newsletter.model.brief import Link
from newsletter.model.check import Facts, Level
from newsletter.model.issue import IssueKind
from newsletter.model.mail import MergeField, Sender

SHOWN = {"alert": ["full"], "digest": ["full", "line"], "intelbrief": ["full"], "letter": []}
INTROS = {
    "ltr": "Dear %%first_name|reader%%,\n\nthis week the harbour had the last word in the council.",
    "rtl": "عزيزي %%first_name|القارئ%%،\n\n"
    "كانت الكلمة الأخيرة هذا الأسبوع للميناء وليست للمجلس كما ظننا.",
    "cjk": "%%first_name|読者%%様\n\n"
    "今週は議会ではなく港が主役となりましたが、来週も同じように港が主役でしょう。",
}
ALTS = {"ltr": "A wall of grey stones", "rtl": "جدار من الحجارة", "cjk": "灰色の石壁"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(RENDER_MODULES) as running:
        yield running


def issue_case(sandbox: Sandbox, template: str, writing: str = "ltr", **values: Any) -> Case:
    subject = WRITINGS[writing]["title"] if template == "letter" else None
    content = issue_in(
        writing,
        SHOWN[template],
        brief={"image_alt": ALTS[writing]},
        **({"subject": subject, "intro": INTROS[writing]} | values),
    )
    return Case(
        mail=render_mail(content, template, folders=(), sandbox=sandbox, nonce=NONCE),
        briefs=content.briefs,
        facts=facts_in(writing),
    )


def facts_in(writing: str) -> Facts:
    return Facts(
        is_on_this_machine=False,
        base_url="https://news.example.org",
        postal_address=WRITINGS[writing]["postal_address"],
        today=dt.date(2026, 3, 5),
        readers=100,
        readers_before=100,
    )


@pytest.fixture(scope="module")
def good(sandbox: Sandbox) -> Case:
    return issue_case(sandbox, "digest", subject="Ferries keep sailing this week")


@pytest.mark.parametrize("writing", [*WRITINGS])
@pytest.mark.parametrize("template", ISSUE_TEMPLATES)
def test_a_shipped_template_breaks_no_rule(sandbox: Sandbox, template: str, writing: str) -> None:
    found = issue_case(sandbox, template, writing).find()
    # A digest's subject is as long as the headline of its first brief.
    assert [one for one in found if one.rule != "subject"] == []


# The notice for editors is not a mail of its own: it is put above the mail it is about.
@pytest.mark.parametrize("name", sorted(NOTICES.keys() - {APPROVAL_NOTICE}))
def test_a_shipped_notice_breaks_no_rule(sandbox: Sandbox, name: str) -> None:
    head = NoticeSettings(site=site_in("ltr"), folders=(), sender=Sender("Ada", "desk@example.org"))
    said: dict[str, object] = {
        "list_name": "The Coast Brief",
        **{url: MergeField(url) for url in URL_FIELDS},
        "invited_by": "Eve Adams",
        "message_subject": "Your order is on its way",
        "message": {"html": "<p>It arrives on Friday.</p>", "text": "It arrives on Friday."},
        "problems": "A problem needs your attention",
        "alerts": [{"what": "Source desk no longer exists", "advice": "Check its address."}],
    }
    values = {key: said[key] for key in NOTICES[name]}
    mail = compose_notice(head, name, values, sandbox=sandbox, nonce=NONCE)
    facts = dataclasses.replace(facts_in("ltr"), kind=IssueKind.NOTICE, readers=None)
    assert Case(mail=mail, briefs=None, facts=facts).find() == []


@pytest.mark.parametrize(
    ("rule", "level", "broken"), BREAKS, ids=[f"{n}-{b[0]}" for n, b in enumerate(BREAKS)]
)
def test_a_mail_that_breaks_a_rule_is_caught(
    good: Case, rule: str, level: Level, broken: Break
) -> None:
    assert good.find() == []
    assert (rule, level) in {(found.rule, found.level) for found in broken(good).find()}


def test_every_rule_with_a_check_has_a_mail_that_breaks_it() -> None:
    broken = {rule for rule, _, _ in BREAKS}
    assert broken == {rule.id for rule in RULES if rule.check}


def test_a_rule_without_its_tool_is_reported_as_not_run(good: Case) -> None:
    case = dataclasses.replace(good, facts=dataclasses.replace(good.facts, readers=None))
    silent = [found for found in case.find_all() if found.level is Level.NOT_RUN]
    assert {found.rule for found in silent} == {
        *("one-click", "authentication", "links", "accessibility", "overflow"),
        *("spam-score", "html-validity", "visual-diff", "audience", "send-history"),
    }
    assert all(found.message for found in silent)


def test_a_repeated_fault_of_a_template_is_reported_once(good: Case) -> None:
    found = body('<p style="color:red">one</p>' * 3)(good).find()
    assert [each.rule for each in found] == ["colours"]


def test_every_finding_says_what_to_do_in_one_line(good: Case) -> None:
    for _, _, broken in BREAKS:
        for found in broken(good).find():
            assert len(found.message) > 20
            assert "\n" not in found.message + found.where


def test_the_finding_for_a_page_without_a_wrapper_says_what_to_write(good: Case) -> None:
    page = good.mail.html.replace("<div", "<section").replace("</div", "</section")
    bare = dataclasses.replace(good, mail=dataclasses.replace(good.mail, html=page))
    (found,) = [each for each in bare.find() if each.rule == "outline"]
    assert found.where == "<body>"
    assert found.message.endswith("put the whole page in one <div> with lang and dir")


def test_the_finding_for_a_field_without_a_value_has_no_delivery_number(good: Case) -> None:
    fields = tuple(dataclasses.replace(each, fallback=None) for each in good.mail.fields)
    named = MergeField("first_name", None)
    mail = dataclasses.replace(good.mail, fields=(named, *fields[1:]), text=f"NL{NONCE}0X")
    found, *_ = [
        each
        for each in dataclasses.replace(good, mail=mail).find()
        if each.rule == "personalisation"
    ]
    assert found.message.startswith("has no first_name; write %%first_name|fallback%%")


@pytest.mark.parametrize(
    "body_html",
    [
        "<p>Write {{ name }} here.</p>",
        "<table><tr><th>Injured</th></tr><tr><td>None</td></tr></table>",
    ],
)
def test_template_syntax_in_the_text_of_a_brief_only_warns(
    sandbox: Sandbox, body_html: str
) -> None:
    content = issue_in("ltr", ["full"], brief={"body_html": body_html})
    mail = render_mail(content, "intelbrief", folders=(), sandbox=sandbox, nonce=NONCE)
    found = Case(mail=mail, briefs=content.briefs, facts=facts_in("ltr")).find()
    assert {f.level for f in found if f.rule == "placeholders"} == {Level.WARNING}


IMAGE = '<p>A <img src="https://a.example/p.jpg" alt="{}" width="10" height="10"></p>'


LINK = '<p><a href="{}">https://www.example.net</a></p>'
PLACE = '<p><a href="http://localhost/a">a</a></p>'
LINKS = "<http://localhost/a>, http://localhost/é%20ü  <https://t.example/1>"


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("encoding", {"caption": "A caf\ufffd"}),
        ("encoding", {"body_html": "<p>A cafÃ©</p>"}),
        ("encoding", {"caption": "The harbourâ€™"}),
        ("urls", {"body_html": PLACE, "body_text": LINKS}),
        ("urls", {"body_html": PLACE.replace("host/a", "host/é%20ü"), "body_text": LINKS}),
        ("links", {"body_html": LINK.format("https://t.example/1"), "body_text": LINKS}),
        ("subject", {"title": "Re: the quiet harbour, and once more"}),
        ("placeholders", {"cta": Link("undefined", "https://example.org/")}),
        ("placeholders", {"body_html": IMAGE.format("%%x|&quot;y&quot;%%")}),
        (
            "text-part",
            {"body_html": IMAGE.format("&lt;b&gt;x&lt;/b&gt;"), "body_text": "A <b>x</b>"},
        ),
    ],
)
def test_a_mistake_in_the_text_of_a_brief_only_warns_and_names_the_brief(
    sandbox: Sandbox, rule: str, values: dict[str, Any]
) -> None:
    content = issue_in("ltr", ["full"], brief=values)
    mail = render_mail(content, "intelbrief", folders=(), sandbox=sandbox, nonce=NONCE)
    found = Case(mail=mail, briefs=content.briefs, facts=facts_in("ltr")).find()
    found = [each for each in found if each.level in (Level.ERROR, Level.WARNING)]
    assert {(each.rule, each.level) for each in found} == {(rule, Level.WARNING)}
    edit = "it is in the text of brief 0; use `newsletter brief edit 0` if it is wrong"
    assert all(each.message.endswith(edit) for each in found)


@pytest.mark.parametrize("path", ["ü", "a|b", "a%20b", "ا", "100%№5", "?a=1&b=é#ö"])
def test_outlooks_button_is_the_same_for_every_address(sandbox: Sandbox, path: str) -> None:
    url = f"https://example.org/{path}"
    content = issue_in("ltr", ["full"], brief={"cta": Link("Read <all> -->", url), "url": url})
    mail = render_mail(content, "intelbrief", folders=(), sandbox=sandbox, nonce=NONCE)
    found = Case(mail=mail, briefs=content.briefs, facts=facts_in("ltr")).find()
    assert [each for each in found if each.level in (Level.ERROR, Level.WARNING)] == []


def test_a_tag_in_the_text_does_not_begin_in_another_line(sandbox: Sandbox) -> None:
    content = issue_in(
        "ltr", ["full"], brief={"title": "--> <a", "body_text": "x -->", "body_html": "<p>x</p>"}
    )
    mail = render_mail(content, "intelbrief", folders=(), sandbox=sandbox, nonce=NONCE)
    found = Case(mail=mail, briefs=content.briefs, facts=facts_in("ltr")).find()
    assert [each for each in found if each.rule == "text-part"] == []


def test_the_sandbox_checks_text_that_was_read_in_the_wrong_encoding(sandbox: Sandbox) -> None:
    content = issue_in("ltr", ["full"], brief={"body_html": "<p>A cafÃ©</p>"})
    mail = render_mail(content, "intelbrief", folders=(), sandbox=sandbox, nonce=NONCE)
    with Sandbox(check_modules()) as checking:
        found = check_mail(mail, content.briefs, facts_in("ltr"), sandbox=checking)
    assert "encoding" in {each.rule for each in found if each.level is Level.WARNING}


def with_page(case: Case, page: str) -> Case:
    return dataclasses.replace(case, mail=dataclasses.replace(case.mail, html=page))


@pytest.mark.parametrize(
    "text", ["Am breiten Fluß…", "„Nur zum Spaß“", "« CAFÉ » “BOGOTÁ” ‘PERÚ’", "DAS FRÜHSTÜCK…"]
)
def test_punctuation_after_a_letter_is_not_taken_for_a_wrong_encoding(
    good: Case, text: str
) -> None:
    page = good.mail.html.replace("</body>", f"<p>{text}</p></body>")
    found = with_page(good, page).find()
    assert [each for each in found if each.rule == "encoding"] == []


@pytest.mark.parametrize(
    "text", ["ÐœÐ¾ÑÐºÐ²Ð°", "Î‘Î¸Î®Î½Î±", "×©×œ×•×", "PaÅ‚ac", "Ã–sterreich", "Â«a"]
)
def test_text_in_other_scripts_that_was_read_in_the_wrong_encoding_is_found(
    good: Case, text: str
) -> None:
    page = good.mail.html.replace("</body>", f"<p>{text}</p></body>")
    found = with_page(good, page).find()
    assert {each.rule for each in found if each.level is Level.ERROR} >= {"encoding"}


def test_a_preview_cut_after_a_letter_of_the_brief_only_warns(sandbox: Sandbox) -> None:
    content = issue_in("ltr", ["full"], brief={"caption": "IRMÃ"})
    mail = render_mail(content, "intelbrief", folders=(), sandbox=sandbox, nonce=NONCE)
    case = Case(mail=mail, briefs=content.briefs, facts=facts_in("ltr"))
    found = with_page(case, mail.html.replace("IRMÃ", "IRMÃ…")).find()
    assert {each.level for each in found if each.rule == "encoding"} == {Level.WARNING}


def test_urls_in_angle_brackets_are_not_taken_for_html_in_a_text(
    sandbox: Sandbox,
) -> None:
    values = {
        "body_html": '<p>Mail <a href="mailto:a@example.org">me</a>, read '
        '<a href="https://example.org/straße?q=é&amp;b=1">this</a>.</p>',
        "body_text": "Mail me <a@example.org>, read this <https://example.org/straße?q=é&b=1>.",
    }
    content = issue_in("ltr", ["full"], brief=values)
    mail = render_mail(content, "intelbrief", folders=(), sandbox=sandbox, nonce=NONCE)
    found = Case(mail=mail, briefs=content.briefs, facts=facts_in("ltr")).find()
    assert [each for each in found if each.rule == "text-part"] == []


def raw_mail(good: Case) -> str:
    message = compile_mail(good.mail).fill(READER)
    return message_bytes(message, date=dt.datetime(2026, 3, 5, tzinfo=dt.UTC)).decode("latin-1")


def levels_of(raw: str, rule: str) -> set[Level]:
    found = find(parse_message(raw, facts_in("ltr")))
    return {each.level for each in found if each.rule == rule}


def test_a_whole_mail_is_parsed_and_breaks_no_rule(good: Case) -> None:
    found = find(parse_message(raw_mail(good), facts_in("ltr")))
    assert [f for f in found if f.level in (Level.ERROR, Level.WARNING)] == []


def test_a_second_way_to_unsubscribe_on_a_line_of_its_own_breaks_no_rule(good: Case) -> None:
    raw = raw_mail(good)
    link = next(line for line in raw.split("\r\n") if line.startswith("List-Unsubscribe: "))
    longest = f"List-Unsubscribe: <https://{'n' * (74 - len('https://'))}>"
    for one in (link, longest):
        both = f"{one},\r\n <mailto:bye@example.org?subject=T0K3N>"
        assert levels_of(raw.replace(link, both), "list-headers") == set()


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("list-headers", "List-Unsubscribe: <", "List-Unsubscribe: =?utf-8?q?=3C"),
        ("list-headers", "List-Unsubscribe: <https", "List-Unsubscribe: <https\r\n "),
        ("encoding", 'charset="utf-8"', 'charset="iso-8859-1"'),
        ("mime", "MIME-Version", f"X-Long: {'a' * 1000}\r\nMIME-Version"),
        ("sender", "MIME-Version", "DKIM-Signature: d=evil.example; h=from:to\r\nMIME-Version"),
    ],
)
def test_a_malformed_message_is_caught(good: Case, rule: str, old: str, new: str) -> None:
    raw = raw_mail(good)
    assert old in raw
    assert levels_of(raw.replace(old, new, 1), rule) == {Level.ERROR}


@pytest.mark.parametrize(
    "head",
    [
        "Content-Type: text/html; charset=no-such-charset",
        "Content-Type: text/html; charset=idna",
        'Content-Type: text/html\nTo: "',
        "Content-Type: text/html\nFrom: a@[",
        "Content-Type: text/html\nMessage-ID: <",
    ],
)
def test_a_mail_with_an_unreadable_header_is_still_checked(head: str) -> None:
    page = "<p>The caf\xc3\xa9 is open for {{ name }}</p>"
    raw = f"Subject: Ferries keep sailing\n{head}\n\n{page}"
    assert levels_of(raw, "placeholders") == {Level.ERROR}
