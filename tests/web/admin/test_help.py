"""
Help in the newsroom: what each room is for, and the keys that lead there.
"""

from __future__ import annotations

import re
from pathlib import Path

from installation import Installation
from staff_samples import StaffBrowser, add_member

from newsletter.mail.templating.files import project_templates
from newsletter.model.access import Role
from newsletter.web.admin.help.documentation import documentation
from newsletter.web.admin.help.guides import GUIDES, SETTINGS_GUIDES
from newsletter.web.admin.help.markdown_page import render_page


def test_help_names_the_rooms_that_somebody_may_enter_and_their_keys(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation, role=Role.PEOPLE)
    browser.log_in()
    page = browser.get("/admin/help").text
    assert "Find somebody" in page
    assert "What your sources brought" not in page
    letters = re.findall(r"<kbd>g</kbd> <kbd>(\w)</kbd></dt><dd>(\w+)", page)
    assert ("p", "People") in letters
    assert "Briefs" not in dict(letters).values()


def test_no_two_rooms_have_the_same_key(installation: Installation, browser: StaffBrowser) -> None:
    add_member(installation)
    browser.log_in()
    keys = re.findall(r'data-keys="([^"]+)"', browser.get("/admin/help").text)
    assert len(keys) == len(set(keys)) == 6


def test_the_documentation_is_shown_in_the_frame(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    assert 'href="/admin/help/guides/schedules"' in browser.get("/admin/help").text
    page = browser.get("/admin/help/guides/schedules")
    assert page.status_code == 200
    assert '<span lang="en" dir="ltr">Send issues on a schedule</span>' in page.text
    assert '<h2 id="choose-which-briefs-appear">' in page.text
    assert 'href="/admin/help/tutorials/schedule"' in page.text
    assert '<pre tabindex="0"><code' in page.text
    foot = 'href="/admin/help/guides/schedules">Help on this page'
    assert foot in browser.get("/admin/schedules/new").text
    for missing in ("guides/nothing", "../newsletter", "guides/..%2f..%2fREADME", "reference/api"):
        assert browser.get(f"/admin/help/{missing}").status_code == 404
    assert browser.get("/admin/help/guides%00").status_code == 404


def test_a_page_that_lists_others_leads_to_each_of_them() -> None:
    providers = documentation().find("guides/providers/index")
    assert providers is not None
    assert (
        '<a href="/admin/help/guides/providers/outbox">Outbox: files in a folder</a>'
        in providers.html
    )
    assert "guides/providers/index" not in providers.html
    guides = documentation().find("guides/index")
    assert guides is not None
    assert guides.html.count("/admin/help/guides/alerts") == 1, "a hidden list is not shown"


def test_every_link_to_the_documentation_leads_to_a_section_of_it() -> None:
    texts = [file.read_text("utf-8") for file in Path(project_templates()).rglob("admin/**/*.html")]
    guided = [guide for text in texts for guide in re.findall(r'part\.guided\(.*"([^"]+)"\)', text)]
    assert len(guided) > 10
    for guide in [*guided, *(guide for _, guide in GUIDES), *SETTINGS_GUIDES.values()]:
        name, _, address = guide.partition("#")
        page = documentation().find(name)
        assert page is not None, guide
        assert not address or f'id="{address}"' in page.html, guide


def test_every_page_of_the_documentation_can_be_shown_and_its_links_lead_somewhere() -> None:
    for name in documentation().names:
        page = documentation().find(name)
        assert page is not None
        assert page.title, name
        assert "{term}" not in page.html, name
        for path, address in re.findall(r'href="/admin/help/([^"#]*)#?([^"]*)"', page.html):
            linked = documentation().find(path)
            assert linked is not None
            assert not address or f'id="{address}"' in linked.html, (name, path, address)


def test_raw_html_and_links_that_lead_nowhere_become_text() -> None:
    text = (
        "# Title\n\n<!-- run: x -->\nA {term}`slot <slots>`, <b>bold</b>, [a](b.md), ![p](p.svg).\n"
        "\n## Again\n\n## Again\n\n```{toctree}\nx\n```\n"
    )
    page = render_page(text, link=lambda target: "")
    assert (page.title, page.headings) == ("Title", [("Again", "again"), ("Again", "again-1")])
    assert "<p>A slot, &lt;b&gt;bold&lt;/b&gt;, a, .</p>" in page.html
    assert "toctree" not in page.html
