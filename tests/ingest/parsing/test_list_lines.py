"""
Leaving out what another mailing list writes around its content.
"""

from __future__ import annotations

import pytest
from mails import mail

from newsletter.ingest.parsing.read import read
from newsletter.ingest.sources.mailbox.message import read_letter
from newsletter.model.brief import Brief, MediaType, RawItem, ReadingRules

BODY = "<p>Both ferries sail until March.</p><p>The toll rises then, the council said.</p>"
TEXT = "Both ferries sail until March.\n\nThe toll rises then, the council said."
URL = "https://a.example/b"
WEB_COPIES = [
    "View this email in your browser", "View in browser", "View online", "Read online",
    "Im Browser ansehen", "Webversion", "Online-Version", "Voir dans le navigateur",
    "Lire en ligne", "Ver en el navegador", "Ver este e-mail no navegador",
    "Visualizza nel browser", "Bekijk in de browser", "Zobacz w przeglądarce",
    "Открыть в браузере", "Відкрити у браузері", "Tarayıcıda görüntüle", "العرض في المتصفح",
    "לצפייה בדפדפן", "在浏览器中查看", "ブラウザで表示",
]  # fmt: skip
UNSUBSCRIBES = [
    "Unsubscribe", "Manage preferences", "Update your profile", "unsubscribe from this list",
    "Manage your email preferences", "Opt out", "Abbestellen", "Vom Newsletter abmelden",
    "Se désabonner", "Se désinscrire", "Gérer vos préférences", "Darse de baja",
    "Cancelar suscripción", "Cancelar a inscrição", "Annulla l’iscrizione", "Disiscriviti",
    "Afmelden", "Uitschrijven", "Wypisz się", "Отписаться", "Відписатися", "Abonelikten çık",
    "إلغاء الاشتراك", "להסרה מהרשימה", "退订", "取消訂閱", "配信停止",
]  # fmt: skip
FOOTERS = {
    "mailchimp": "<hr><div><a href='https://twitter.com/x'><img "
    "src=https://a.example/t.png width=24"
    "></a><a href='https://facebook.com/x'><img src=https://a.example/f.png width=24></a></div>"
    "<p><em>Copyright © 2024 The Quay, All rights reserved.</em></p><p><strong>Our mailing address "
    "is:</strong><br>The Quay<br>1 Harbour Street<br>Arlen 12345</p><p>Want to change how you "
    f"receive these emails?<br>You can <a href='{URL}'>update your preferences</a> or "
    f"<a href='{URL}'>unsubscribe from this list</a>.</p>",
    "substack": f"<p>© 2024 Ed<br>548 Market Street, San Francisco <br><a href='{URL}'>Unsubscribe"
    "</a></p><p><a href='https://substack.com/start'>Start writing</a></p>",
    "ghost": "<p>The Quay © 2024 – <a href='https://quay.example/unsubscribe/?uuid=1'>Stop these"
    "</a></p><p><a href='https://ghost.org/'>Powered by Ghost</a></p>",
    "hubspot": "<p>The Quay, 1 Harbour Street, Arlen</p><p><a href='https://quay.example/hs/manage-"
    f"preferences/unsubscribe-all?x=1'>Stop</a> | <a href='{URL}'>Manage preferences</a></p>",
    "german": "<p>Sie erhalten diese E-Mail, weil Sie den Newsletter abonniert "
    "haben.</p><p>Der Kai "
    f"GmbH, Hafenstr. 1, 20457 Hamburg</p><p>Keine Mails mehr? <a href='{URL}'>Hier "
    f"abmelden</a></p>",
    "french": "<p>Vous recevez cet e-mail car vous êtes inscrit.</p><p>Le Quai, 1 rue du Port</p>"
    f"<p>Pour vous désabonner, <a href='{URL}'>cliquez ici</a> : <a href='{URL}'>se "
    f"désinscrire</a>",
}


def of_page(markup: str) -> Brief:
    item = RawItem(key="a", content=markup, media_type=MediaType.HTML, title="Tolls")
    return read(item, ReadingRules())


def of_mail(text: str, kind: str = "html") -> Brief:
    return read(read_letter(mail(text, kind=kind)), ReadingRules())


@pytest.mark.parametrize("words", WEB_COPIES)
def test_the_link_to_the_web_copy_is_left_out(words: str) -> None:
    brief = of_mail(f"<div><a href='{URL}'>{words}</a></div>{BODY}")
    assert (brief.title, brief.body_text) == ("Tolls", TEXT)
    assert words in " ".join(brief.removed)
    assert of_mail(f"{words}: {URL}\n\n{TEXT}", "plain").body_text == TEXT


@pytest.mark.parametrize("words", UNSUBSCRIBES)
def test_the_link_to_unsubscribe_is_left_out(words: str) -> None:
    for foot in (f"<p><a href='{URL}'>{words}</a></p>", f"<p>{words}: <a href='{URL}'>{URL}</a>"):
        brief = of_mail(f"{BODY}{foot}<p>The Quay, 1 Harbour Street, Arlen</p>")
        assert brief.body_text == TEXT
        assert brief.links == ()
        assert words in " ".join(brief.removed)
    assert of_mail(f"{TEXT}\n\n{words}: {URL}\n", "plain").body_text == TEXT


@pytest.mark.parametrize("name", FOOTERS)
def test_the_footer_of_a_list_is_left_out(name: str) -> None:
    brief = of_mail(BODY + FOOTERS[name])
    if name != "hubspot":
        assert brief.body_text == TEXT
    assert brief.links == ()
    assert URL not in brief.body_html


def test_words_beside_the_link_to_the_web_copy_stay() -> None:
    brief = of_mail(f"<p>March 15, 2019 | <a href='{URL}'>Read online</a></p>{BODY}")
    assert (str(brief.date), brief.body_text) == ("2019-03-15", TEXT)
    asked = f"<p>Trouble viewing this email? <a href='{URL}'>Open it in your browser</a>.</p>"
    assert of_mail(f"{asked}{BODY}").body_text == TEXT


def test_a_reason_above_the_text_removes_only_itself() -> None:
    reason = f"<p>You are receiving this because you asked. <a href='{URL}'>Unsubscribe</a></p>"
    assert of_mail(f"{reason}{BODY}").body_text == TEXT


@pytest.mark.parametrize(
    "markup",
    [
        "<p>Readers can unsubscribe at any time, the court ruled on Monday.</p>",
        f"<p>The new <a href='{URL}'>browser from Arlen</a> blocks them all, its makers say, and "
        "it takes less memory than any other; the next edition is expected in the spring, with a "
        "way to see pages offline that was asked for since 2019 by more than 300 people.</p>",
        "<p>This email was sent to 300 employees, the court heard.</p><p>They did not answer.</p>",
        "<p>You are receiving less for more, say the farmers.</p>",
        f"<p>The bill requires an <a href='{URL}'>unsubscribe button</a> on every page.</p>",
        f"<p>The rules for the <a href='{URL}'>ferry subscription</a> stay.</p>",
        "<p>Copyright © is a sign of the trade, he said.</p>",
    ],
)
def test_a_text_about_lists_and_browsers_is_kept(markup: str) -> None:
    plain = of_page(markup).body_html
    assert of_page(f"{BODY}{markup}").body_html.replace("\n", "") == BODY + plain.replace("\n", "")


def test_a_link_to_unsubscribe_inside_a_long_paragraph_is_removed() -> None:
    long = "The council decided that the ferries stay until March and the toll rises. " * 9
    brief = of_page(f"<p>{long}<a href='{URL}'>Unsubscribe here</a></p>")
    assert brief.links == ()
    assert brief.body_text.startswith("The council decided")


ARTICLE = (
    "<h2>{title}</h2><p>{line}</p><p>Observers expect a close vote, since the smaller parties have "
    "not said how they will decide and the day has been moved twice already.</p>" + BODY
)


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("How to unsubscribe", f"Many <a href='{URL}'>unsubscribe</a> from lists within a week, "
         "says a study of the university, which asked 500 people."),
        ("Advertising", f"Some claim that you can <a href='{URL}'>“opt out”</a> of targeted "
         "advertising, and that nothing is recorded then, which the court denied."),
        ("Organ donors", "The new law: <a href='https://a.example/law/opt-out'>read the text</a>"),
        ("Voters", "<a href='https://a.example/preferences/voters'>What they prefer</a> changed."),
        ("Browsers", f"A new <a href='{URL}'>browser</a> appeared on Monday."),
        ("Games", f"The game runs <a href='{URL}'>in your browser</a> since then."),
        ("Online", f"Read online: <a href='{URL}'>the whole study</a>"),
        ("A new browser", "The browser wars are over."),
    ],
)  # fmt: skip
def test_an_article_about_lists_or_browsers_keeps_its_sentences(title: str, line: str) -> None:
    for brief in (of_page(ARTICLE.format(title=title, line=line)),
                  of_mail(ARTICLE.format(title=title, line=line))):  # fmt: skip
        assert title in (brief.title, *brief.body_text.split("\n"))
        assert line in brief.body_html.replace('"', "'")
        assert (brief.removed, brief.body_text.endswith(TEXT)) == ((), True)


@pytest.mark.parametrize(
    "line",
    [
        "The meeting is at noon, 12 Main St, Springfield",
        "Turnout: 61%, up from 58%",
        "Doors open 19:30, Harbour Hall, Arlen",
        "<a href='https://twitter.com/x/status/1'>The thread that started it all</a>",
        "<a href='https://youtube.com/watch?v=1'>The speech</a>",
        "Copyright law is the subject of the ruling.",
    ],
)
def test_a_line_of_the_text_above_a_footer_is_kept(line: str) -> None:
    foot = f"<p>You receive this because you asked. <a href='{URL}'>Unsubscribe</a></p>"
    brief = of_mail(f"{BODY}<p>{line}</p>{foot}")
    assert f"<p>{line}</p>" in brief.body_html.replace('"', "'")
    assert len(brief.removed) == 1


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Tolls for *|FNAME|*, today", "Tolls for, today"),
        ("*|MC:SUBJECT|*Tolls", "Tolls"),
        ("*|IF:FNAME|*Dear *|FNAME|*, tolls*|ELSE:|*Tolls*|END:IF|* rise", "Tolls rise"),
        ("Tolls {{ contact.firstname }} rise", "Tolls rise"),
        ("{% if a %}One{% else %}Two{% endif %} tolls rise", "Two tolls rise"),
        ("Tolls rise %%first_name%%.", "Tolls rise."),
        ("[[First Name]] tolls rise in March", "tolls rise in March"),
        ("Prices rise by 50%% and 60%% more", "Prices rise by 50%% and 60%% more"),
        ("The set {1, 2} and {{", "The set {1, 2} and {{"),
    ],
)
def test_merge_tags_are_left_out(said: str, shown: str) -> None:
    for kind, text in (
        ("plain", f"{TEXT}\n\n{said} again and again."),
        ("html", f"{BODY}<p>{said} again and again.</p>"),
    ):
        brief = of_mail(text, kind)
        assert brief.body_text == f"{TEXT}\n\n{shown} again and again."
        assert said == shown or any(
            tag in " ".join(brief.removed) for tag in ("*|", "{", "%%", "[[")
        )


def test_a_greeting_with_a_merge_tag_is_left_out() -> None:
    assert of_mail(f"<p>Hi *|FNAME|*,</p>{BODY}").body_text == TEXT
    assert of_mail(f"Hello {{{{name}}}},\n\n{TEXT}", "plain").body_text == TEXT


def test_a_line_for_a_link_that_was_never_made_is_left_out() -> None:
    line = (
        "<p>Not for you? <a href='*|UNSUB|*'>Leave this list</a> or <a href='%%x%%'>write</a></p>"
    )
    brief = of_mail(f"<p><a href='*|ARCHIVE|*'>See it there</a></p>{BODY}{line}")
    assert (brief.body_text, brief.links) == (TEXT, ())


def test_a_merge_tag_is_not_used_as_a_title() -> None:
    raw = mail(f"<h1>*|MC:SUBJECT|*</h1>{BODY}", kind="html", subject="*|MC:SUBJECT|*")
    assert read(read_letter(raw), ReadingRules()).title == "Both ferries sail until March."
    raw = mail(BODY, kind="html", subject="{{ subject }}")
    assert read_letter(raw).fallback_title is None


@pytest.mark.parametrize(
    "line",
    [
        f"<p>Having trouble viewing this email? <a href='{URL}'>Click here</a></p>",
        f"<p>Was this email forwarded to you? <a href='{URL}'>Sign up here</a>.</p>",
        f"<p>Forwarded this email? <a href='{URL}'>Subscribe here</a> for more</p>",
        f"<p>Diese Mail wurde Ihnen weitergeleitet? <a href='{URL}'>Abonnieren</a></p>",
        f"<p><a href='{URL}'>Subscribe now</a></p>",
        f"<p><a href='{URL}'>Share this post</a></p>",
        f"<p><a href='{URL}'><img src='https://a.example/like.png' width=18></a></p>",
        "<p><a href='https://quay.example/'>The Quay</a></p>",
        "<a href='https://quay.example/'><img src='https://a.example/logo.png'></a>",
        "<div class=preheader>Why both ferries stay</div>",
    ],
)
def test_lines_of_the_program_around_a_newsletter_are_left_out(line: str) -> None:
    brief = of_mail(f"{line}<h1>Ferries stay</h1>{BODY}")
    assert (brief.title, brief.body_text, brief.image_url) == ("Ferries stay", TEXT, None)


@pytest.mark.parametrize(
    "line",
    [
        f"<p>Is the bridge safe? <a href='{URL}'>The council</a> says so.</p>",
        "<p>Look at <a href='https://quay.example/'>The Quay</a> for more.</p>",
        f"<p><a href='{URL}'>Share of the market</a></p>",
        "<p>1 Harbour Street, Arlen, is closed in 2024</p>",
    ],
)
def test_lines_of_a_brief_that_look_similar_are_kept(line: str) -> None:
    assert of_mail(f"{line}<h2>Ferries</h2>{BODY}").body_text != TEXT
    assert line in of_mail(f"{BODY}{line}").body_html.replace('"', "'")


def test_the_rules_of_a_text_part_are_left_out() -> None:
    text = f"** Ferries stay\n{'-' * 60}\n\n{TEXT}\n\n{'=' * 60}\n"
    brief = of_mail(text, "plain")
    assert (brief.title, brief.body_text) == ("Ferries stay", TEXT)
