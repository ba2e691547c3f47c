"""
Test the context of templates.
"""

from __future__ import annotations

import json
from typing import Any

from issue_samples import make_content

from newsletter.mail.templating.context import issue_context
from newsletter.mail.templating.translations import read_translations
from newsletter.model.issue import Site
from newsletter.model.issue_content import IssueContent


def context_of(content: IssueContent) -> dict[str, Any]:
    return issue_context(content, read_translations((), content.site.language))


def test_the_context_is_plain_data() -> None:
    context = context_of(make_content("full", "line"))
    assert json.loads(json.dumps(context)) == context


def test_dates_are_in_the_words_of_the_sites_language() -> None:
    site = Site(name="x", base_url="https://x.example", language="de")
    assert context_of(make_content(site=site))["date_long"] == "5. März 2026"
    assert context_of(make_content())["briefs"][0]["date_long"] == "March 5, 2026"


def test_an_unknown_language_falls_back_to_english() -> None:
    site = Site(name="x", base_url="https://x.example", language="xx-YY")
    assert context_of(make_content(site=site))["date_long"] == "March 5, 2026"


def test_arabic_is_right_to_left() -> None:
    site = Site(name="x", base_url="https://x.example", language="ar")
    assert context_of(make_content(site=site))["dir"] == "rtl"


def test_a_large_image_is_shown_640_wide_in_its_proportions() -> None:
    image = context_of(make_content())["briefs"][0]["image"]
    assert (image["width"], image["height"]) == (640, 360)


def test_a_small_image_is_not_enlarged_and_one_of_unknown_size_has_no_height() -> None:
    small = make_content(brief={"image_width": 300, "image_height": 100})
    unknown = make_content(brief={"image_width": None, "image_height": None})
    assert context_of(small)["briefs"][0]["image"]["width"] == 300
    assert context_of(unknown)["briefs"][0]["image"]["height"] is None
    assert context_of(make_content(brief={"image_url": None}))["briefs"][0]["image"] is None


def test_the_reading_time_comes_from_the_number_of_words() -> None:
    long = make_content(brief={"body_text": "word " * 1190, "takeaways": ()})
    assert context_of(long)["briefs"][0]["minutes"] == 5


def test_an_image_without_alt_text_gets_the_headline() -> None:
    image = context_of(make_content(brief={"image_alt": ""}))["briefs"][0]["image"]
    assert image["alt"] == "Harbour cities weigh a second wall"


def test_images_in_the_text_fit_the_column() -> None:
    wide = '<p><img src="https://h/a.png" alt="A" width="1200" height="600"></p>'
    unknown = '<p><img src="https://h/b.png" alt="B"></p>'
    body = context_of(make_content(brief={"body_html": wide + unknown}))["briefs"][0]["body_html"]
    fitted = '<p><img src="https://h/a.png" alt="A" width="576" height="288"></p>'
    assert body == fitted + unknown
