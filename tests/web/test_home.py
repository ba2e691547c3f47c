"""
The home page: the public newsletters, and nothing about the others.
"""

from __future__ import annotations

from installation import Installation
from web_samples import TestClient, heading

from subscribers.model import Visibility


def test_only_public_newsletters_are_shown(installation: Installation, pages: TestClient) -> None:
    installation.add_list("daily", visibility=Visibility.PUBLIC, description="Every day at six.")
    installation.add_list("unlisted-news", visibility=Visibility.UNLISTED)
    installation.add_list("private-news", visibility=Visibility.PRIVATE)

    page = pages.get("/")

    assert page.status_code == 200
    assert 'href="/join/daily"' in page.text
    assert "Every day at six." in page.text
    assert "-News" not in page.text


def test_a_site_without_a_public_newsletter_says_so(
    installation: Installation, pages: TestClient
) -> None:
    page = pages.get("/")

    assert page.status_code == 200
    assert "/join" not in page.text
    assert "The Institute" in heading(page.text)


def test_the_page_offers_the_languages_of_its_newsletters(
    installation: Installation, pages: TestClient
) -> None:
    installation.add_list("daily", visibility=Visibility.PUBLIC, language="de")

    page = pages.get("/")

    assert '<html lang="en"' in page.text
    assert 'href="?lang=de"' in page.text


def test_the_home_page_stores_nothing_and_sets_no_cookie(
    installation: Installation, pages: TestClient
) -> None:
    page = pages.head("/")

    assert page.status_code == 200
    assert "set-cookie" not in page.headers
