"""
The pages of lists in the newsroom: add, change, hold and remove them, and their sample email.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from installation import Installation
from picture_files import picture
from staff_samples import BASE_URL, StaffBrowser, add_member, form_token
from statements import counted

from newsletter.actions.people import fields, lists, subscribers, suppressions
from newsletter.actions.people.lists import ListDetails
from newsletter.actions.people.suppressions import SuppressionValues
from newsletter.issues.settings.lists import ListValues
from newsletter.mail.templating.files import project_templates
from newsletter.model.access import OPERATOR, Role
from newsletter.web.admin.settings.lists.language_words import language_words
from subscribers.model import OptIn, Visibility

MOST_STATEMENTS = 12
HOSTILE = '<script>alert(1)</script>"onmouseover='
DAILY = "/admin/lists/daily"


WRONG = (
    ("name", "", "Write a name in one line."),
    ("sender_address", "nobody", "This is not an email address."),
    ("sender_name", "Desk", "A sender&#39;s name needs an address, too."),
    ("reply_to", HOSTILE, "This is not an email address."),
    ("accent", "#ffee00", "is hard to read here"),
    ("link_dark", "red", "This is not a colour"),
    ("logo", "http://example.org/x.png", "A logo needs an address"),
    ("sans", "url(x)", "Write the names of fonts"),
    ("social", "Mastodon javascript:alert(1)", "Write one link in each line"),
    ("quiet", "at night", "Write two times of day"),
    ("timezone", "Mars/Olympus", "This time zone is not known."),
    ("second_person_above", "many", "Write a number of readers"),
    ("tagline", "x" * 1001, "Write one line of at most 1000 characters."),
    ("slug", "Not a slug", "is not a valid list slug"),
)


@pytest.fixture
def owner(installation: Installation, browser: StaffBrowser) -> StaffBrowser:
    """
    The browser of an owner; there is a list `daily` with two readers.
    """
    installation.add_list("daily", visibility=Visibility.PUBLIC)
    installation.add_readers(2)
    add_member(installation)
    browser.log_in()
    return browser


def form_of(page: str) -> dict[str, str]:
    """
    Return what the form of a list would send if nothing were changed.
    """
    found = re.search(r'name="was" value="([^"]*)"', page)
    assert found is not None
    was = html.unescape(found[1])
    values: dict[str, str] = json.loads(was)
    return {**values, "was": was}


def suppress_and_release(installation: Installation, address: str) -> None:
    suppressions.add(installation.app, address, by=OPERATOR, values=SuppressionValues())
    suppressions.remove(installation.app, address, by=OPERATOR)


def save(browser: StaffBrowser, path: str = DAILY, **changes: str) -> Any:
    page = browser.get(path).text
    typed = form_of(page) | changes
    sent = {name: text for name, text in typed.items() if text}
    return browser.post(path, token=form_token(page), **sent)


def daily(installation: Installation, slug: str = "daily") -> ListDetails:
    return lists.show(installation.app, slug, by=OPERATOR)


def test_a_logo_is_uploaded_and_shown_in_the_sample(
    installation: Installation, owner: StaffBrowser
) -> None:
    def upload(content: bytes, **typed: str) -> str:
        token = form_token(owner.get(DAILY).text)
        sent = owner.client.post(
            f"{DAILY}/logo",
            data={"form_token": token, **typed},
            files={"picture": ("logo.png", content, "image/png")},
            headers=owner.headers,
        )
        assert sent.headers["location"] == DAILY
        return owner.get(DAILY).text

    assert "The logo is in the emails" in upload(picture("PNG", 800, 100))
    brand = daily(installation).settings.brand
    assert (brand["logo_width"], brand["logo_height"]) == (288, 36)
    assert re.fullmatch(r"https://[^/]+/media/\w+", brand["logo"])
    sample = re.findall(r'src="(/admin/lists/daily/sample[^"]*)"', owner.get(DAILY).text)[0]
    assert brand["logo"] in owner.get(html.unescape(sample)).text
    served = owner.get(brand["logo"].removeprefix(BASE_URL))
    assert (served.status_code, served.headers["content-type"]) == (200, "image/png")
    upload(picture("PNG", 400, 50), dark="yes")
    changed = daily(installation).settings.brand
    assert changed["logo_dark"] != changed["logo"] == brand["logo"]
    assert "GIF87a" not in upload(b"<svg onload=alert(1)>")
    assert daily(installation).settings.brand == changed
    add_member(installation, "ida@example.org", role=Role.AUTHOR)
    owner.log_in("ida@example.org")
    assert owner.post(f"{DAILY}/logo", on="/admin/account").status_code == 403


def test_the_page_says_which_texts_its_language_lacks(tmp_path: Path) -> None:
    assert language_words((), "de").is_complete
    assert language_words((), "pt-BR").is_complete
    assert not language_words((), "sv").has_mail
    own = tmp_path / "words"
    own.mkdir()
    english = (project_templates() / "words" / "en.toml").read_text("utf-8")
    (own / "sv.toml").write_text(english, "utf-8")
    found = language_words([tmp_path], "sv")
    assert (found.mail, found.has_mail, "save" in found.page) == ((), True, True)
    (own / "sv.toml").write_text("no = TOML", "utf-8")
    assert "not valid TOML" in language_words([tmp_path], "sv").fault


def test_the_settings_show_each_list_with_its_readers(
    installation: Installation, owner: StaffBrowser
) -> None:
    for number in range(20):
        installation.add_list(f"list-{number}")
    with counted(installation.app) as statements:
        page = owner.get("/admin/settings").text
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    assert "21 lists" in page
    assert 'href="/admin/lists/daily"' in page
    assert 'href="/admin/lists/list-19"' in page


def test_without_a_list_the_settings_lead_to_the_first_one(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    page = browser.get("/admin/settings").text
    assert "There is no list yet" in page
    assert 'href="/admin/lists/new"' in page


def test_the_example_of_a_sender_is_shown_with_its_address(owner: StaffBrowser) -> None:
    page = owner.get("/admin/lists/new").text
    assert "Desk &lt;desk@example.org&gt;" in page
    assert "<desk@example.org>" not in page


def test_a_list_is_added_and_leads_to_its_page(
    installation: Installation, owner: StaffBrowser
) -> None:
    added = owner.post(
        "/admin/lists/new",
        name="The Weekly",
        slug="weekly",
        language="de",
        visibility="unlisted",
        sender="Desk <desk@example.org>",
    )
    assert added.headers["location"] == "/admin/lists/weekly"
    found = daily(installation, "weekly")
    assert (found.mailing_list.name, found.mailing_list.language) == ("The Weekly", "de")
    assert found.settings.sender is not None
    assert "The list is made." in owner.get("/admin/lists/weekly").text


def test_what_is_wrong_with_a_new_list_stands_at_its_field(owner: StaffBrowser) -> None:
    wrong = (
        ({"slug": "Not a slug!"}, "Use lower-case letters"),
        ({"slug": "daily"}, "There is a list with this short name already."),
        ({"slug": "new"}, "This word is taken"),
        ({"sender": "nobody"}, "Write a name and an address"),
        ({"name": ""}, "Write a name in one line."),
    )
    for typed, says in wrong:
        values = {"name": HOSTILE, "slug": "weekly"} | typed
        page = owner.post("/admin/lists/new", **values)
        assert page.status_code == 422
        assert says in page.text
        assert "<script>alert" not in page.text
        assert not values["name"] or html.escape(HOSTILE) in page.text.replace("&#34;", "&quot;")


def test_the_page_of_a_list_needs_few_statements(
    installation: Installation, owner: StaffBrowser
) -> None:
    for number in range(10):
        fields.add(
            installation.app, f"f{number}", "text", labels={"en": "F"}, is_public=True, by=OPERATOR
        )
    with counted(installation.app) as statements:
        assert owner.get(DAILY).status_code == 200
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)


def test_what_is_changed_on_the_page_is_stored_and_nothing_else(
    installation: Installation, owner: StaffBrowser
) -> None:
    before = daily(installation)
    saved = save(
        owner,
        name="Morning News",
        sender_name="Desk",
        sender_address="desk@example.org",
        accent="#8a1c16",
        social="Mastodon https://social.example/@desk",
        quiet="22:00-07:00",
        needs_confirmation="",
        needs_approval="yes",
        second_person_above="1000",
    )
    assert saved.headers["location"] == DAILY
    after = daily(installation)
    assert after.mailing_list.name == "Morning News"
    assert after.mailing_list.opt_in is OptIn.SINGLE
    assert str(after.settings.quiet) == "22:00-07:00"
    assert after.settings.needs_approval
    assert after.settings.second_person_above == 1000
    assert after.settings.sender is not None
    assert after.settings.sender.address == "desk@example.org"
    assert after.settings.brand == {
        "accent": "#8a1c16",
        "social": {"Mastodon": "https://social.example/@desk"},
    }
    assert after.settings.consent_version == before.settings.consent_version
    assert save(owner, accent="#b3261e", social="", sender_name="", sender_address="")
    assert daily(installation).settings.brand == {}
    assert daily(installation).settings.sender is None


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    installation: Installation, owner: StaffBrowser
) -> None:
    before = daily(installation)
    for name, typed, says in WRONG:
        page = save(owner, **{name: typed, "description": "Kept text"})
        assert page.status_code == 422, name
        assert says in page.text, name
        assert f'id="{name}-error"' in page.text
        assert "Kept text" in page.text
        assert "<script>alert" not in page.text
    assert "A logo needs an address" in save(owner, logo_width="100").text
    assert daily(installation) == before


def test_two_people_who_change_different_fields_lose_nothing(
    installation: Installation, owner: StaffBrowser
) -> None:
    mine = form_of(owner.get(DAILY).text)
    lists.edit(installation.app, "daily", ListValues(tagline="Theirs"), by=OPERATOR)
    sent = {name: text for name, text in (mine | {"description": "Mine"}).items() if text}
    assert owner.post(DAILY, **sent).headers["location"] == DAILY
    after = daily(installation)
    assert (after.settings.tagline, after.mailing_list.description) == ("Theirs", "Mine")


def test_two_people_who_change_the_same_field_see_both(
    installation: Installation, owner: StaffBrowser
) -> None:
    mine = form_of(owner.get(DAILY).text)
    lists.edit(installation.app, "daily", ListValues(tagline="Theirs"), by=OPERATOR)
    sent = {name: text for name, text in (mine | {"tagline": "Mine"}).items() if text}
    page = owner.post(DAILY, **sent)
    assert "Somebody has changed this since you opened the page, to “Theirs”." in page.text
    assert 'value="Mine"' in page.text
    again = form_of(page.text) | {"tagline": "Mine"}
    assert owner.post(DAILY, **{n: t for n, t in again.items() if t}).status_code == 303
    assert daily(installation).settings.tagline == "Mine"


def test_a_form_asks_for_the_fields_that_are_chosen(
    installation: Installation, owner: StaffBrowser
) -> None:
    for name in ("city", "job"):
        fields.add(installation.app, name, "text", labels={"en": name}, is_public=True, by=OPERATOR)
    assert save(owner, **{"ask-city": "required"}).status_code == 303
    assert [(a.field.name, a.is_required) for a in daily(installation).asks] == [("city", True)]
    assert save(owner, **{"ask-city": "", "ask-job": "asked"}).status_code == 303
    assert [(a.field.name, a.is_required) for a in daily(installation).asks] == [("job", False)]


def test_a_list_that_people_can_join_has_a_form_to_copy(
    installation: Installation, owner: StaffBrowser
) -> None:
    page = owner.get(DAILY).text
    assert "&lt;form" in page
    assert "https://news.example.org/join/daily" in page
    assert save(owner, visibility="private").status_code == 303
    page = owner.get(DAILY).text
    assert "&lt;form" not in page
    assert "There is none, because nobody can join this list" in page


def test_the_sample_is_an_email_with_the_look_that_is_typed(
    installation: Installation, owner: StaffBrowser
) -> None:
    part = owner.post(f"{DAILY}/look", on=DAILY, accent="#8a1c16", button="#ffee00")
    assert part.status_code == 200
    assert "#ffee00 is hard to read here." in part.text
    assert "<iframe" not in part.text
    values = ListValues(name=HOSTILE, tagline=HOSTILE)
    lists.edit(installation.app, "daily", values, by=OPERATOR)
    part = owner.post(f"{DAILY}/look", on=DAILY, accent="#8a1c16")
    source = re.search(r'src="([^"]+)"', part.text)
    assert source is not None
    sample = owner.get(html.unescape(source[1]))
    assert "#8a1c16" in sample.text
    assert "The ferry clock is right twice a day" in sample.text
    assert "prefers-color-scheme" not in sample.text
    assert "<script>alert" not in sample.text
    policy = sample.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert owner.get(f"{DAILY}/sample?accent=red").status_code == 404
    assert owner.get("/admin/lists/nope/sample").status_code == 404


def test_a_list_is_held_with_a_reason_and_released(
    installation: Installation, owner: StaffBrowser
) -> None:
    assert "Nothing is sent to its 2 readers" in owner.get(DAILY).text
    held = owner.post(f"{DAILY}/hold", on=DAILY, reason="wrong sender")
    assert held.headers["location"] == DAILY
    page = owner.get(DAILY).text
    assert "wrong sender" in page
    assert "One list is held" in owner.get("/admin/settings").text
    assert owner.post(f"{DAILY}/hold", on=DAILY).headers["location"] == DAILY
    assert "reason is empty" in owner.get(DAILY).text
    assert owner.post(f"{DAILY}/release", on=DAILY).status_code == 303
    assert daily(installation).settings.held_reason is None


def test_only_a_list_that_nobody_was_on_is_removed_after_a_question(
    installation: Installation, owner: StaffBrowser
) -> None:
    installation.add_list("empty")
    assert "It cannot be removed" in owner.get(DAILY).text
    path = "/admin/lists/empty"
    assert owner.post(f"{path}/remove", on=path).headers["location"] == path
    assert "tick the box first" in owner.get(path).text
    assert owner.post(f"{path}/remove", on=path, sure="yes").headers["location"] == (
        "/admin/settings"
    )
    assert owner.get(path).status_code == 404
    assert owner.post(f"{DAILY}/remove", on=DAILY, sure="yes").headers["location"] == DAILY
    assert "has to stay" in owner.get(DAILY).text


def test_a_page_shows_who_joined_who_left_and_at_which_domains(
    installation: Installation, owner: StaffBrowser
) -> None:
    installation.subscribe(["eve@example.org", "joe@example.org"])
    installation.unsubscribe("reader0000@example.org")
    subscribers.erase_person(installation.app, "eve@example.org", by=OPERATOR)
    suppress_and_release(installation, "joe@example.org")
    with counted(installation.app) as statements:
        page = owner.get(f"{DAILY}/readers").text
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    assert "Nobody who left said why." in page
    page = owner.post(f"{DAILY}/readers", days="30").text
    assert "30 days ago there were 0 readers, now there are 2." in page
    sums = re.findall(r'<td class="count">(?:<span>)?([^<]*)<', page)
    assert sums == ["0", "+4", "+1", "−1", "−1", "−1", "2"]
    assert page.count('<rect class="in"') == page.count('<rect class="out"') == 1
    assert "example.org" in page
    assert "reader0001@" not in page
    assert ">7 days ago there were" in owner.post(f"{DAILY}/readers", days="7").text
    assert ">30 days ago there were" in owner.post(f"{DAILY}/readers", days="<b>").text
    assert f'href="{DAILY}/readers"' in owner.get("/admin/settings").text
    assert f'href="{DAILY}/readers"' in owner.get("/admin/people").text
    assert "Who joined <bdi>" in owner.get("/admin/people?list=daily").text
    assert owner.get("/admin/lists/nope/readers").status_code == 404


def test_who_may_only_read_lists_is_not_offered_to_change_them(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list("daily", visibility=Visibility.PUBLIC)
    add_member(installation, role=Role.OBSERVER)
    browser.log_in()
    page = browser.get(DAILY).text
    assert "Owners and editors change them." in page
    assert "Save the list" not in page
    assert 'href="/admin/lists/new"' not in browser.get("/admin/settings").text
    assert save(browser, name="Mine").status_code == 403
    assert browser.post(f"{DAILY}/hold", on=DAILY, reason="x").status_code == 403
    assert browser.get("/admin/lists/new").status_code == 403
    sent = browser.post("/admin/lists/new", on="/admin/account", name="X", slug="x")
    assert sent.status_code == 403


def test_a_member_who_is_limited_to_another_list_finds_nothing(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list("daily")
    installation.add_list("weekly")
    add_member(installation, role=Role.EDITOR, lists=["weekly"])
    browser.log_in()
    page = browser.get("/admin/settings").text
    assert "/admin/lists/weekly" in page
    assert "/admin/lists/daily" not in page
    assert "/admin/lists/new" not in page
    assert browser.get(DAILY).status_code == 404
    assert browser.get(f"{DAILY}/sample").status_code == 404
    assert browser.post(f"{DAILY}/hold", on="/admin/account", reason="x").status_code == 404


def test_only_an_owner_changes_when_a_second_person_is_needed(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list("daily")
    values = ListValues(second_person_above="50")
    lists.edit(installation.app, "daily", values, by=OPERATOR)
    add_member(installation, role=Role.EDITOR)
    browser.log_in()
    page = browser.get(DAILY).text
    assert "more than 50 readers needs the approval" in page
    assert save(browser, description="New").status_code == 303
    assert save(browser, second_person_above="").status_code == 403
    assert daily(installation).settings.second_person_above == 50


def test_hostile_text_of_a_list_is_escaped(installation: Installation, owner: StaffBrowser) -> None:
    values = ListValues(name=HOSTILE, description=HOSTILE, tagline=HOSTILE, consent=HOSTILE)
    lists.edit(installation.app, "daily", values, by=OPERATOR)
    lists.hold(installation.app, "daily", reason=HOSTILE, by=OPERATOR)
    for path in (DAILY, "/admin/settings"):
        page = owner.get(path).text
        assert "<script>alert" not in page
        assert '"onmouseover=' not in page
