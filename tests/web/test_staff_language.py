"""
Editors read about a draft in the language of its list: in the email and on the review page.
"""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from drafts import EDITORS, SLOT, prepared, tick_at
from installation import Installation
from web_samples import TestClient

from subscribers.database.tables import mailing_list

ENGLISH = re.compile(r"Deadline|Schedule|reader|Approve|Hold|nobody|draft", re.IGNORECASE)


def asked(installation: Installation, language: str) -> tuple[str, str, str]:
    """
    The subject, HTML and text of the mail that asks about a draft to a list in *language*.
    """
    prepared(installation, editors=EDITORS[:1])
    with installation.app.database.write() as connection:
        connection.execute(sa.update(mailing_list).values(language=language))
    tick_at(installation, SLOT)
    (mail,) = installation.mails()
    html, text = (mail.get_body((kind,)) for kind in ("html", "plain"))
    assert html is not None
    assert text is not None
    return mail["Subject"], html.get_content(), text.get_content()


def above_the_line(text: str) -> str:
    return text.partition("=====")[0].partition("http")[0]


@pytest.mark.parametrize(
    ("language", "subject", "date"),
    [
        ("ar", "بانتظار الموافقة: \u2068The Quiet Quay\u2069", "الخميس، 5 مارس 2026"),
        ("de", "Zur Freigabe: The Quiet Quay", "Donnerstag, 5. März 2026"),
        ("ja", "承認のお願い：The Quiet Quay", "2026年3月5日木曜日"),
        ("pl", "Do zatwierdzenia: The Quiet Quay", "czwartek, 5 marca 2026"),
    ],
)
def test_the_mail_to_editors_is_in_the_language_of_the_list(
    installation: Installation, language: str, subject: str, date: str
) -> None:
    found = asked(installation, language)
    assert found[0] == subject
    assert date in found[2]
    assert ENGLISH.findall(above_the_line(found[2])) == []
    direction = "rtl" if language == "ar" else "ltr"
    assert f'<div lang="{language}" dir="{direction}"' in found[1]


@pytest.mark.parametrize(
    ("language", "button"), [("he", "אישור ושליחה"), ("fr", "Approuver et envoyer")]
)
def test_the_review_page_is_in_the_language_of_the_list(
    installation: Installation, pages: TestClient, language: str, button: str
) -> None:
    text = asked(installation, language)[2]
    (path,) = set(re.findall(r"/r/[\w.-]+", text))
    page = pages.get(path).text
    direction = "rtl" if language == "he" else "ltr"
    assert f'<html lang="{language}" dir="{direction}">' in page
    assert f">{button}</button>" in page
    said = re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)
    assert ENGLISH.findall(said) == []
