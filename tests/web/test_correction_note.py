"""
The page of an issue whose brief changed after it was sent, as a reader meets it.
"""

from __future__ import annotations

import dataclasses
import re

import sqlalchemy as sa
from installation import Installation
from web_samples import TestClient, view_path

from newsletter import pipeline
from newsletter.store.content import briefs, edits

NOTE = re.compile(r'<div role="note".*?</div>', re.DOTALL)


def changed(installation: Installation, title: str = "The Quieter Harbour") -> int:
    """
    An issue that went out, with a brief that has another title now.
    """
    issue_id = installation.add_issue("The Quiet Harbour")
    pipeline.publish_issue(installation.app.publishing, issue_id)
    with installation.app.database.write() as connection:
        old = briefs.load_brief(connection, 1).brief
        installation.now = installation.now.replace(day=5, hour=14, minute=20)
        edits.edit_brief(connection, 1, dataclasses.replace(old, title=title), now=installation.now)
    return issue_id


def note_of(page: str) -> str:
    """
    The words of the one note at the page's top.
    """
    body = page.partition("<body")[2].partition(">")[2]
    (note,) = NOTE.findall(page)
    assert body.lstrip().startswith(note)
    return " ".join(re.sub(r"<[^>]+>", "", note).split())


def test_a_corrected_page_says_when_and_what_at_its_top(
    installation: Installation, client: TestClient
) -> None:
    answer = client.get(view_path(installation, changed(installation)))
    assert answer.status_code == 200
    assert note_of(answer.text) == (
        "Corrected on March 5, 2026, 14:20 UTC: The Quieter Harbour. This page differs from "
        "the email that was sent. See the email as it was sent"
    )
    assert answer.text.count("Corrected March 5, 2026") == 1
    assert "The Quiet Harbour" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_each_version_leads_to_the_other(installation: Installation, client: TestClient) -> None:
    path = view_path(installation, changed(installation))
    corrected = client.get(path)
    (to_sent,) = re.findall(r'<a href="([^"]+)"', NOTE.findall(corrected.text)[0])
    sent = client.get(f"{path}{to_sent}")
    assert note_of(sent.text) == (
        "This is the email as it was sent. It was corrected on March 5, 2026, 14:20 UTC: The "
        "Quieter Harbour. See the corrected version"
    )
    assert "Corrected March 5, 2026" not in sent.text
    assert ">The Quiet Harbour<" in sent.text
    (back,) = re.findall(r'<a href="([^"]+)"', NOTE.findall(sent.text)[0])
    assert client.get(f"{path.rpartition('/')[0]}/{back}").text == corrected.text


def test_a_correction_that_cannot_be_rendered_is_announced(
    installation: Installation, client: TestClient
) -> None:
    path = view_path(installation, changed(installation))
    with installation.app.database.write() as connection:
        connection.execute(sa.text("UPDATE issue SET template = 'gone'"))
    answer = client.get(path)
    assert answer.status_code == 200
    assert note_of(answer.text) == (
        "A correction is being prepared. This is the email as it was sent. Since then, on "
        "March 5, 2026, 14:20 UTC, this has changed: The Quieter Harbour."
    )
    assert ">The Quiet Harbour<" in answer.text


def test_an_unchanged_issue_has_no_note_in_either_version(
    installation: Installation, client: TestClient
) -> None:
    path = view_path(installation, changed(installation, "The Quiet Harbour"))
    plain, sent = client.get(path), client.get(f"{path}?as=sent")
    assert (plain.status_code, sent.status_code) == (200, 200)
    assert plain.text == sent.text
    assert NOTE.findall(plain.text) == []


def test_a_title_in_the_note_is_text_and_never_markup(
    installation: Installation, client: TestClient
) -> None:
    page = client.get(
        view_path(installation, changed(installation, "<script>x</script> & %%email%%"))
    ).text
    assert "<script" not in page
    assert "<q><bdi>&lt;script&gt;x&lt;/script&gt; &amp; %%email%%</bdi></q>" in page


def test_the_note_is_in_the_language_that_the_link_asks_for(
    installation: Installation, client: TestClient
) -> None:
    page = client.get(f"{view_path(installation, changed(installation))}?lang=de").text
    assert '<div role="note" lang="de" dir="ltr"' in page
    assert note_of(page).startswith("Korrigiert am 5. März 2026, 14:20 UTC: The Quieter Harbour.")
