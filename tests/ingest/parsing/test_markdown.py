"""
Markdown files and their front matter.
"""

from __future__ import annotations

import datetime as dt

import pytest
from reading_types import Read

from newsletter.errors import ReadError
from newsletter.model.brief import Link, MediaType, ReadingRules

YAML = """---
subject: "IntelBrief: Tolls"
publish_date: 2026-03-04
image: /q.jpg
image_alt: A quay
caption: The quay.
credit: AP Photo/X
takeaways: ["One, and more", Two]
tags: [ports, tolls]
cta: {label: See the map, url: /map}
canonical_url: https://brief.example.org/tolls/
lang: en-GB
---

Text with a [link](../x).
"""


def test_front_matter_gives_the_fields(brief_of: Read) -> None:
    brief = brief_of(YAML, MediaType.MARKDOWN)
    base = "https://brief.example.org"
    assert (brief.series, brief.title, brief.date) == ("IntelBrief", "Tolls", dt.date(2026, 3, 4))
    assert (brief.image_url, brief.image_alt) == (f"{base}/q.jpg", "A quay")
    assert (brief.caption, brief.credit) == ("The quay.", "AP Photo/X")
    assert (brief.takeaways, brief.categories) == (("One, and more", "Two"), ("ports", "tolls"))
    assert (brief.cta, brief.url) == (Link("See the map", f"{base}/map"), f"{base}/tolls/")
    assert (brief.lang, brief.links) == ("en-GB", (Link("link", f"{base}/x"),))


@pytest.mark.parametrize(
    "head",
    [
        '+++\ntitle = "Tolls"\ndate = 2026-03-04\n+++\n',
        '{"title": "Tolls", "date": "2026-03-04"}\n',
    ],
)
def test_toml_and_json_front_matter_give_the_same_fields(brief_of: Read, head: str) -> None:
    brief = brief_of(f"{head}\nText.", MediaType.MARKDOWN)
    assert (brief.title, brief.date) == ("Tolls", dt.date(2026, 3, 4))
    assert brief.body_html == "<p>Text.</p>"


def test_a_file_without_front_matter_uses_its_heading_as_title(brief_of: Read) -> None:
    brief = brief_of("# Tolls\n\n- A\n- B\n\nText.\n\n## More\n\nText.", MediaType.MARKDOWN)
    assert (brief.title, brief.takeaways) == ("Tolls", ("A", "B"))
    assert brief.body_html == "<p>Text.</p>\n<h3>More</h3>\n<p>Text.</p>"


@pytest.mark.parametrize("line", ["draft: true", "published: false"])
def test_a_draft_is_refused(brief_of: Read, line: str) -> None:
    with pytest.raises(ReadError, match="k: marked as a draft"):
        brief_of(f"---\ntitle: T\n{line}\n---\nText.", MediaType.MARKDOWN)


@pytest.mark.parametrize("head", ["---\na: [\n---\n", "+++\na = \n+++\n", '{"a": }\n'])
def test_front_matter_that_cannot_be_read_is_refused_in_one_line(brief_of: Read, head: str) -> None:
    with pytest.raises(ReadError, match=r"^k: the front matter cannot be read[^\n]*$"):
        brief_of(f"{head}Text.", MediaType.MARKDOWN)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("---\ntitle: T\n\nText.", "opened at line 1 is never closed: put --- on a line below it"),
        (
            '\n+++\na = "T"\n\nText.',
            "opened at line 2 is never closed: put +++ on a line below it",
        ),
        ("---\na: 1\nb: [x\n---\nText.", "cannot be read at line 4: fix its YAML"),
        (
            "---\nT\n---\nText.",
            "cannot be read at line 2 (there is no `name: value`): fix its YAML",
        ),
        (
            "---\na: 1\nb: 2026-13-01\n---\nText.",
            "cannot be read at line 3 (month must be in 1..12): fix its YAML",
        ),
        (
            "+++\na = 1\nb = x\n+++\nText.",
            "cannot be read at line 3 (invalid value): fix its TOML",
        ),
        (
            '{"a": 1\n"b": 2}\nText.',
            "cannot be read at line 2 (expecting ',' delimiter): fix its JSON",
        ),
    ],
)
def test_broken_front_matter_is_refused_with_its_line(
    brief_of: Read, content: str, reason: str
) -> None:
    with pytest.raises(ReadError) as refused:
        brief_of(content, MediaType.MARKDOWN)
    assert str(refused.value) == f"k: the front matter {reason}"


def test_text_between_two_rules_is_not_front_matter(brief_of: Read) -> None:
    brief = brief_of("---\n\nThe tolls rise.\n\n---\n\nMore.", MediaType.MARKDOWN)
    assert brief.body_text == "The tolls rise.\n\n* * *\n\nMore."


def test_a_misspelt_key_of_front_matter_is_named_with_the_known_one(brief_of: Read) -> None:
    head = "---\ntitel: T\ncaptoin: c\nlayout: post\nsubtitle: s\ntags: [a]\n---\n"
    brief = brief_of(f"{head}# T\n\nText.", MediaType.MARKDOWN)
    assert brief.warnings == (
        "unknown key titel in the front matter: did you mean title?",
        "unknown key captoin in the front matter: did you mean caption?",
    )


def test_template_tags_are_removed_except_in_code(brief_of: Read) -> None:
    content = "# T\n\na {% include x %}{: .lead}\n\n```\n{% raw %}\n```\n\n{{< youtube id >}}"
    brief = brief_of(content, MediaType.MARKDOWN)
    assert brief.removed == ("{% include x %}", "{: .lead}", "{{< youtube id >}}")
    assert "{% raw %}" in brief.body_html


def test_markdown_with_unusable_addresses_is_not_shown_to_readers(brief_of: Read) -> None:
    text = "# T\n\n![A ferry](file:///ferry.png)\n\nIt [sails](javascript:go) today.\n"
    brief = brief_of(text, MediaType.MARKDOWN)
    assert brief.body_html == "<p>It sails today.</p>"
    assert brief.warnings == (
        "the image file:///ferry.png was left out: an email cannot show images at file: addresses",
    )


def test_escaped_shortcodes_are_removed(brief_of: Read) -> None:
    brief = brief_of('# T\n\nText.\n\n\\[video mp4=""\\]\\[/video\\]', MediaType.MARKDOWN)
    assert (brief.body_html, brief.removed) == ("<p>Text.</p>", ('[video mp4=""][/video]',))


def test_footnotes_are_lifted(brief_of: Read) -> None:
    brief = brief_of("# T\n\nLate.[^a]\n\n[^a]: Minutes.", MediaType.MARKDOWN)
    assert brief.body_html == "<p>Late.<sup>[1]</sup></p>"
    assert brief.footnotes == ("[1] Minutes.",)


def test_a_date_in_words_in_the_front_matter_is_read_in_the_zone_of_the_source(
    brief_of: Read,
) -> None:
    rules = ReadingRules(timezone="Europe/Berlin")
    day = brief_of("---\ndate: 5. März 2019\n---\nText.", MediaType.MARKDOWN, rules)
    time = brief_of("---\ndate: 5 mars 2019 à 00h30\n---\nText.", MediaType.MARKDOWN, rules)
    assert (day.date, day.warnings) == (dt.date(2019, 3, 5), brief_of("Text.").warnings)
    assert time.date == dt.date(2019, 3, 5)
    assert time.published_at == dt.datetime(2019, 3, 4, 23, 30, tzinfo=dt.UTC)
