"""
One good mail, and for every preflight rule the ways to break it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from issue_samples import NONCE

from newsletter.mail.checks.sandbox_child import find_in_mail
from newsletter.model.check import Facts, Finding, Level
from newsletter.model.issue import ChosenBrief
from newsletter.model.mail import Mail, MergeField, Sender

# The mark of the first name; that before it is the link to the settings.
MARK = f"NL{NONCE}1X"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """
    A mail, the briefs it was made from, and its destination.
    """

    mail: Mail
    briefs: tuple[ChosenBrief, ...] | None
    facts: Facts

    def find_all(self) -> list[Finding]:
        return find_in_mail(self.mail, self.briefs, self.facts)

    def find(self) -> list[Finding]:
        """
        Return the errors, warnings and advice.
        """
        return [each for each in self.find_all() if each.level is not Level.NOT_RUN]


Break = Callable[[Case], Case]


def mail(**values: Any) -> Break:
    return lambda case: dataclasses.replace(case, mail=dataclasses.replace(case.mail, **values))


def facts(**values: Any) -> Break:
    return lambda case: dataclasses.replace(case, facts=dataclasses.replace(case.facts, **values))


def html(old: str, new: str) -> Break:
    """
    Replace the first match of the pattern *old* in the page with *new*.
    """

    def broken(case: Case) -> Case:
        page, count = re.subn(old, lambda _: new, case.mail.html, count=1, flags=re.DOTALL)
        assert count, old
        return mail(html=page)(case)

    return broken


def body(markup: str) -> Break:
    return html("</body>", f"{markup}</body>")


def head_css(css: str) -> Break:
    return html("</head>", f"<style>{css}</style></head>")


def rehearsed(broken: Break) -> Break:
    """
    Return the same case with a provider that reaches nobody.
    """
    return lambda case: facts(is_on_this_machine=True)(broken(case))


def text(old: str, new: str) -> Break:
    def broken(case: Case) -> Case:
        assert old in case.mail.text
        return mail(text=case.mail.text.replace(old, new))(case)

    return broken


def brief(**values: Any) -> Break:
    def broken(case: Case) -> Case:
        assert case.briefs
        first, *rest = case.briefs
        edited = dataclasses.replace(first, brief=dataclasses.replace(first.brief, **values))
        return dataclasses.replace(case, briefs=(edited, *rest))

    return broken


def headers(*own: tuple[str, str]) -> Break:
    """
    Return the mail without the headers of these names and with *own* in their place.
    """

    def broken(case: Case) -> Case:
        names = {name for name, _ in own}
        rest = [one for one in case.mail.headers if one[0] not in names]
        return mail(headers=(*rest, *(one for one in own if one[1])))(case)

    return broken


BARE_CELL = '<table role="presentation"><tr><td>Bare words.</td></tr></table>'
VIEW_LINK = r'<a class="footer-link" href="https://news\.example\.org/v/abc"[^>]*>.*?</a>'
BREAKS: list[tuple[str, Level, Break]] = [
    ("size", Level.ERROR, body(f"<p>{'word ' * 20_000}</p>")),
    ("size", Level.WARNING, body(f"<p>{'word ' * 14_000}</p>")),
    (
        "head-css",
        Level.ERROR,
        html("</head>", f"<style>{'.a {color:#ffffff}' * 700}</style></head>"),
    ),
    (
        "head-css",
        Level.ERROR,
        html("</head>", "<style>@media a {@media b {.c {d:e}}}</style></head>"),
    ),
    ("head-css", Level.ERROR, html("</head>", "<style>.a {color:#ffffff</style></head>")),
    ("head-css", Level.ERROR, html("</head>", "<style>.a {color:#fff} <b></style></head>")),
    ("document", Level.ERROR, html("<!DOCTYPE html>", "<!doctype html>")),
    ("document", Level.ERROR, html("</html>", "")),
    ("placeholders", Level.ERROR, body("<p>Dear {{ name }}</p>")),
    ("placeholders", Level.ERROR, body("<p>Dear %%nickname%%</p>")),
    ("placeholders", Level.ERROR, body("<p>None</p>")),
    ("placeholders", Level.ERROR, body("<p>Lorem ipsum dolor</p>")),
    ("placeholders", Level.ERROR, mail(subject="The harbour of {% if town %}")),
    ("merge-fields", Level.ERROR, mail(text=f"Dear {MARK[:-1]}")),
    ("merge-fields", Level.ERROR, body(f"<p>NL{NONCE}77X</p>")),
    ("merge-fields", Level.ERROR, brief(title=f"About {NONCE}")),
    ("encoding", Level.ERROR, html('<meta charset="utf-8">', "")),
    ("encoding", Level.ERROR, body("<p>caf\ufffd</p>")),
    ("encoding", Level.ERROR, body("<p>caf\x85</p>")),
    ("encoding", Level.ERROR, body("<p>The cafÃ© is open</p>")),
    ("encoding", Level.ERROR, body("<p>It isnâ€™t</p>")),
    ("footer", Level.ERROR, html("<a class=.footer-link. href=.NL.*?</a>", "")),
    ("footer", Level.ERROR, html(r"12 Quay Street, Harbourtown", "")),
    ("footer", Level.ERROR, text("12 Quay Street, Harbourtown", "")),
    ("footer", Level.ERROR, facts(postal_address="")),
    ("footer", Level.WARNING, facts(postal_address="", is_on_this_machine=True)),
    ("list-headers", Level.ERROR, headers(("List-Unsubscribe", ""))),
    ("list-headers", Level.ERROR, headers(("List-Unsubscribe-Post", ""))),
    ("list-headers", Level.ERROR, headers(("List-Unsubscribe", "<mailto:leave@example.org>"))),
    ("list-headers", Level.ERROR, headers(("List-Unsubscribe", "<http://example.org/u/1>"))),
    ("sender", Level.ERROR, mail(sender=Sender("Ada", "ada@gmail.com"))),
    ("sender", Level.ERROR, mail(sender=Sender("Ada", "ada@localhost"))),
    (
        "sender",
        Level.WARNING,
        lambda c: facts(is_on_this_machine=True)(mail(sender=Sender("", "a@b"))(c)),
    ),
    ("subject", Level.ERROR, mail(subject="Re: The harbour wall, once more")),
    ("subject", Level.ADVICE, mail(subject="FERRIES KEEP SAILING THIS WEEK")),
    ("subject", Level.ADVICE, mail(subject="Ferries keep sailing 🚢 this week 🎉")),
    ("subject", Level.ADVICE, mail(subject="Ferries keep sailing " * 5)),
    ("preheader", Level.ADVICE, html('<div class="preheader".*?</div>', "")),
    ("preheader", Level.ADVICE, html('(?<=mso-hide:all">).*?</div>', "Short.</div>")),
    ("text-part", Level.ERROR, mail(text="")),
    ("text-part", Level.ERROR, text("The council wants a second survey", "")),
    ("text-part", Level.ERROR, text("https://social.example.org/@desk", "")),
    ("text-part", Level.ERROR, text("Ferries", "<p>Ferries</p>")),
    ("text-part", Level.ERROR, text("Ferries", "Ferries &amp;")),
    ("text-part", Level.ADVICE, text("Ferries", f"{'Ferries ' * 12}")),
    ("urls", Level.ERROR, body('<a href="/briefs/1">one</a>')),
    ("urls", Level.ERROR, body('<a href="">one</a>')),
    ("urls", Level.ERROR, body('<a href="javascript:alert(1)">one</a>')),
    ("urls", Level.ERROR, body('<a href="https://example.org/a b">one</a>')),
    ("urls", Level.ERROR, body('<a href="https://localhost/a">one</a>')),
    ("urls", Level.ERROR, body('<a href="https://10.0.0.8/a">one</a>')),
    ("urls", Level.ERROR, body('<a href="https://[your site]/">one</a>')),
    ("urls", Level.ERROR, body('<a href="https://[your-site]/">one</a>')),
    ("urls", Level.ERROR, body('<a href="https://\u2100.example/">one</a>')),
    ("urls", Level.ERROR, body('<a href="http://news.example.org/a">one</a>')),
    ("urls", Level.ADVICE, body('<a href="http://elsewhere.example.org/a">one</a>')),
    ("links", Level.ERROR, body('<a href="https://evil.example.org/">www.bank.com</a>')),
    ("links", Level.WARNING, body('<a href="https://short.example/">bank.com</a>')),
    ("links", Level.WARNING, body('<a href="https://staging.example.org/">more</a>')),
    ("images", Level.ERROR, body('<img src="https://a.example.org/a.png" width="9" height="9">')),
    ("images", Level.ERROR, html('width="640" height', 'width="1280" height')),
    ("images", Level.ERROR, body('<img src="data:image/png;base64,AA==" alt="">')),
    ("images", Level.WARNING, html('width="640" height="360"', 'width="640"')),
    ("images", Level.WARNING, html(r"quay\.jpg", "quay.webp")),
    ("image-metadata", Level.ADVICE, brief(image_alt="")),
    ("image-metadata", Level.ADVICE, brief(image_alt="IMG_0042.jpg")),
    ("image-metadata", Level.ADVICE, brief(image_alt="The old wall at dusk.")),
    ("image-metadata", Level.ADVICE, brief(credit=None)),
    ("briefs", Level.ERROR, brief(title=" ")),
    ("briefs", Level.ERROR, brief(body_text="")),
    ("briefs", Level.WARNING, facts(sent_briefs=(0,))),
    ("briefs", Level.ADVICE, brief(title="Harbour " * 20)),
    ("briefs", Level.ADVICE, brief(takeaways=("One.",))),
    ("briefs", Level.ADVICE, brief(takeaways=("One.", "Two.", "word " * 31))),
    ("briefs", Level.ADVICE, brief(cta=None, url=None)),
    ("briefs", Level.ADVICE, brief(date=None)),
    ("briefs", Level.WARNING, brief(date=dt.date(2026, 4, 1))),
    ("briefs", Level.ADVICE, brief(date=dt.date(2025, 4, 1))),
    ("outline", Level.ERROR, body("<h1>Another</h1>")),
    ("outline", Level.ERROR, body("<h6>Deep</h6>")),
    ("outline", Level.ERROR, html('<html lang="en"', "<html")),
    ("outline", Level.ERROR, html("<title>.*?</title>", "<title>Newsletter</title>")),
    ("elements", Level.ERROR, body("<form></form>")),
    ("elements", Level.ERROR, body("<svg></svg>")),
    ("elements", Level.ERROR, body('<p onclick="go()">x</p>')),
    ("elements", Level.ERROR, body("<table><tr><td></td></tr></table>")),
    ("font-size", Level.ADVICE, body('<p style="font-size:11px">Small print.</p>')),
    ("font-size", Level.ADVICE, body('<p style="font:16px/17px Georgia">Tight lines.</p>')),
    ("colours", Level.ADVICE, body('<p style="color:rgb(1, 2, 3)">x</p>')),
    ("colours", Level.ADVICE, body('<p style="color:navy">x</p>')),
    (
        "colours",
        Level.ADVICE,
        html(
            "<body .*?>", '<body><table role="presentation"><tr><td>Bare words.</td></tr></table>'
        ),
    ),
    ("css-support", Level.ERROR, body('<div style="display:flex"></div>')),
    ("css-support", Level.ERROR, body('<p style="margin:1rem">x</p>')),
    ("css-support", Level.ERROR, body('<p style="color:var(--ink)">x</p>')),
    ("css-support", Level.ERROR, body('<p style="color:rgb(0 0 0 / 50%)">x</p>')),
    ("css-support", Level.ERROR, body('<p style="margin-inline:4px">x</p>')),
    ("css-shorthand", Level.ERROR, body('<p style="padding-top:4px; padding:0">x</p>')),
    ("css-shorthand", Level.ERROR, body('<p style="line-height:20px; font:16px Georgia">x</p>')),
    ("outlook", Level.ERROR, body("<!--[if mso]><p></p>")),
    (
        "outlook",
        Level.ERROR,
        html('(?<=<v:roundrect )(.*?)href="[^"]*"', 'href="https://a.example"'),
    ),
    ("outlook", Level.ERROR, html("Read more</center>", "Other words</center>")),
    ("mime", Level.ERROR, headers(("X-Long", "a" * 1000))),
    ("mime", Level.ERROR, body("<div>" * 120 + "deep" + "</div>" * 120)),
    ("personalisation", Level.ERROR, body(f"<p title={MARK}>x</p>")),
    (
        "personalisation",
        Level.ERROR,
        lambda c: mail(fields=(MergeField("nickname"), *c.mail.fields[1:]))(c),
    ),
    ("audience", Level.ERROR, facts(readers=0)),
    ("audience", Level.WARNING, facts(readers=60, readers_before=100)),
    ("audience", Level.WARNING, facts(readers=130, readers_before=100)),
    ("send-history", Level.ADVICE, facts(ended="already sent")),
    ("tracking", Level.ERROR, body(f'<a href="https://example.org/?e={MARK}">x</a>')),
    (
        "view-in-browser",
        Level.ADVICE,
        html(VIEW_LINK, ""),
    ),
]
