"""
Send files of people to the newsroom, as a browser does.
"""

from __future__ import annotations

import html
import re

import httpx
from installation import Installation
from staff_samples import StaffBrowser, form_token

from newsletter.workers.file_jobs import FileJobWorker

NEW = "/admin/imports/new"


def work(installation: Installation) -> None:
    FileJobWorker(installation.app, wait=lambda _seconds: False).work_due()


def upload(
    browser: StaffBrowser,
    content: str | bytes,
    *,
    page: str = NEW,
    name: str = "people.csv",
    **values: str,
) -> httpx.Response:
    """
    Send a file with the form of a page.
    """
    token = form_token(browser.get(page).text)
    return browser.client.post(
        page,
        data={"form_token": token, "list": "daily", **values},
        files={"file": (name, content, "text/csv")},
        headers=browser.headers,
    )


def chosen_columns(browser: StaffBrowser, page: str, **read_as: str) -> dict[str, str]:
    """
    Return the fields of the form of columns on a page as a browser sends them, blank ones too, with
    *read_as* chosen by the names of columns.
    """
    field = r'name="column-(\d+)" value="([^"]*)"'
    named = [
        (number, html.unescape(name)) for number, name in re.findall(field, browser.get(page).text)
    ]
    assert set(read_as) <= {name for _, name in named}
    columns = {f"column-{number}": name for number, name in named}
    return columns | {f"as-{number}": read_as.get(name, "") for number, name in named}


def draft_of(sent: httpx.Response) -> str:
    """
    Return the path of the import whose file was sent.
    """
    return re.sub(r"/columns$", "", sent.headers["location"])


def ledger(page: str) -> dict[str, str]:
    """
    Return the number of rows by what becomes of them, as a page says it.
    """
    line = r'<span class="chip [a-z]+">([^<]+)</span></th>.*?"count">([\d,]+)<'
    return dict(re.findall(line, page, re.DOTALL))
