"""
Publish a Markdown file as a brief. The same file again changes nothing, and an edit of it updates
the brief.

The environment has what to do: NEWSLETTER_URL, NEWSLETTER_TOKEN, BRIEF_FILE, and if wanted
BRIEF_KEY, the name under which the newsletter knows the file, and DRAFT_FOR, the list for which a
draft of an issue is made when the brief is new. It needs nothing but Python.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

# The names in front matter that a folder source knows, and those of the API.
NAMES = {
    "title": "title", "subject": "title", "series": "series", "date": "date",
    "publish_date": "date", "url": "url", "canonical_url": "url", "lang": "language",
    "language": "language", "image": "image", "image_alt": "image_alt", "caption": "caption",
    "credit": "credit", "takeaways": "takeaways", "categories": "categories",
    "tags": "categories", "cta": "call_to_action",
}  # fmt: skip
PASSING = frozenset({408, 429, 500, 502, 503, 504})
ATTEMPTS = 6
LONGEST_WAIT_S = 60.0


class NotPublished(Exception):
    """
    The file cannot be read, or the newsletter refused it; the line says what to do.
    """


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """
    Follows no redirect: it would take the token to another server.
    """

    def redirect_request(self, *_: Any) -> None:
        return None


class BriefApi:
    """
    The part of the API that a publisher needs.
    """

    def __init__(self, url: str, token: str) -> None:
        host = urllib.parse.urlsplit(url)
        if host.scheme != "https" and host.hostname not in ("127.0.0.1", "localhost"):
            raise NotPublished(f"{url}: use https, or the token could be read on its way")
        self.url = f"{url.rstrip('/')}/api/v1"
        self.token = token
        self.opener = urllib.request.build_opener(NoRedirects)

    def call(self, method: str, path: str, body: Any = None, key: str = "") -> Any:
        """
        Return the response of one request, which is sent again after a failure that may pass.
        """
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if method != "GET":
            headers["Idempotency-Key"] = key or str(uuid.uuid4())
        data = None if body is None else json.dumps(body).encode()
        for attempt in range(ATTEMPTS):
            request = urllib.request.Request(  # noqa: S310
                self.url + path, data=data, headers=headers, method=method
            )
            try:
                with self.opener.open(request, timeout=60) as response:
                    return json.load(response)
            except urllib.error.HTTPError as error:
                if error.code not in PASSING or attempt == ATTEMPTS - 1:
                    raise NotPublished(reason_of(error)) from None
                asked = error.headers.get("Retry-After", "")
            except OSError as error:
                if attempt == ATTEMPTS - 1:
                    raise NotPublished(f"{self.url} does not answer: {error}") from None
                asked = ""
            time.sleep(min(float(asked) if asked.isdecimal() else 2.0**attempt, LONGEST_WAIT_S))
        raise AssertionError("the last attempt returns or raises")


def reason_of(error: urllib.error.HTTPError) -> str:
    try:
        return f"the newsletter refused it: {json.load(error)['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"the response was {error.code}"


def read_front_matter(text: str) -> tuple[dict[str, Any], str]:
    """
    Return the front matter and the text behind it. The front matter is the part of YAML that it
    commonly has: texts, lists, and one level of names below a name.
    """
    lines = text.lstrip("\ufeff").splitlines()
    if not lines or lines[0].rstrip() != "---":
        raise NotPublished("line 1: a file begins with ---, its title and so on, and ---")
    ends = [number for number, line in enumerate(lines) if number and line.rstrip() == "---"]
    if not ends:
        raise NotPublished("the --- at the end of the front matter is missing")
    values: dict[str, Any] = {}
    name = ""
    for number, line in enumerate(lines[1 : ends[0]], start=2):
        if line.strip() and not line.lstrip().startswith("#"):
            name = add_line(values, name, line, number)
    return values, "\n".join(lines[ends[0] + 1 :]).strip()


def add_line(values: dict[str, Any], name: str, line: str, number: int) -> str:
    """
    Add a line to the values, and return the name that it or the lines below it belong to.
    """
    content = line.strip()
    if line[0] not in " \t-":
        name, colon, rest = content.partition(":")
        if not colon:
            raise NotPublished(f"line {number}: write NAME: VALUE, or a list with - before each")
        values[name] = scalar(rest, number)
        return name
    is_item = content.startswith("-")
    kind = "a list" if is_item else "names below it"
    if values.get(name) == "":
        values[name] = [] if is_item else {}
    above = values.get(name)
    if is_item and isinstance(above, list):
        above.append(scalar(content[1:], number))
    elif not is_item and isinstance(above, dict) and ":" in content:
        inner, _, rest = content.partition(":")
        above[inner.strip()] = scalar(rest, number)
    else:
        raise NotPublished(f"line {number}: {name or 'nothing'} has a text and {kind}")
    return name


def scalar(text: str, line: int) -> Any:
    """
    Return one value: a text, or a list in brackets.
    """
    text = text.strip()
    if text[:1] in ("|", ">", "{", "&", "*"):
        reason = f"{text[:1]} is not understood here: write the text in one line"
        raise NotPublished(f"line {line}: {reason}")
    if text.startswith("[") and text.endswith("]"):
        return [unquoted(part) for part in text[1:-1].split(",") if part.strip()]
    return unquoted(text)


def unquoted(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        return str(json.loads(text))
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    return text.partition(" #")[0].rstrip()


def is_ready(values: Mapping[str, Any]) -> bool:
    """
    Return False for a file that is not to be published yet.
    """
    draft, published = (str(values.get(name, "")).lower() for name in ("draft", "published"))
    return draft != "true" and published != "false"


def as_brief(values: Mapping[str, Any], body: str) -> dict[str, Any]:
    """
    Return the front matter and the text as the API takes them.
    """
    brief: dict[str, Any] = {"body": body}
    for name, value in values.items():
        if name in ("draft", "published"):
            continue
        if name not in NAMES:
            print(f"warning: {name} is not used: it is not one of {', '.join(NAMES)}")
        elif value:
            brief[NAMES[name]] = value
    if "title" not in brief:
        raise NotPublished("the front matter has no title")
    if "date" in brief:
        brief["date"] = brief["date"][:10]
    return brief


def image_for(api: BriefApi, image: str, folder: Path) -> str:
    """
    Upload an image of the repository, and return what a brief calls it.
    """
    if image.startswith(("https://", "http://")):
        return image
    try:
        content = (folder / image).read_bytes()
    except OSError as error:
        raise NotPublished(f"image {image}: {error.strerror}") from None
    uploaded = api.call("POST", "/media", {"content": base64.b64encode(content).decode("ascii")})
    return str(uploaded["image"])


def publish(api: BriefApi, file: Path, key: str) -> dict[str, Any] | None:
    """
    Store the file as the brief with that key, and return it; None if the file is a draft.
    """
    values, body = read_front_matter(file.read_text("utf-8"))
    if not is_ready(values):
        return None
    brief = as_brief(values, body)
    if "image" in brief:
        brief["image"] = image_for(api, brief["image"], file.parent)
    stored: dict[str, Any] = api.call("PUT", f"/briefs/keys/{urllib.parse.quote(key)}", brief)
    for text in (*stored["warnings"], *stored["removed"]):
        print(f"warning: {text}")
    return stored


def make_draft(api: BriefApi, brief: Mapping[str, Any], list_slug: str) -> int | None:
    """
    Make a draft with the brief, unless some issue has it already, and return its number.
    """
    issues = issues_since(api, brief)
    if brief["status"] != "new" or any(has_brief(api, each, brief) for each in issues):
        return None
    body = {"lists": [list_slug], "briefs": [brief["id"]]}
    return int(api.call("POST", "/issues", body, key=f"draft-with-brief-{brief['id']}")["id"])


def issues_since(api: BriefApi, brief: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """
    Yield the issues that were made after the brief came, the newest first.
    """
    cursor = ""
    while True:
        query = urllib.parse.urlencode({"cursor": cursor}) if cursor else ""
        page = api.call("GET", f"/issues?{query}")
        for issue in page["items"]:
            if issue["created_at"] and issue["created_at"] < brief["first_seen_at"]:
                return
            yield issue
        if page["next"] is None:
            return
        cursor = page["next"]


def has_brief(api: BriefApi, issue: Mapping[str, Any], brief: Mapping[str, Any]) -> bool:
    shown = api.call("GET", f"/issues/{issue['id']}")
    return any(each["id"] == brief["id"] for each in shown["briefs"])


def main() -> None:
    """
    Publish the file, and tell the workflow the numbers.
    """
    file = Path(os.environ["BRIEF_FILE"])
    place = f"{os.environ.get('GITHUB_REPOSITORY', '')}:{file.as_posix()}".strip(":")
    # A key is one part of an address.
    key = (os.environ.get("BRIEF_KEY") or place).replace("/", ":")
    api = BriefApi(os.environ["NEWSLETTER_URL"], os.environ["NEWSLETTER_TOKEN"])
    brief = publish(api, file, key)
    if brief is None:
        print(f"{file} is a draft: nothing was published")
        return
    numbers = {"brief": brief["id"]}
    list_slug = os.environ.get("DRAFT_FOR")
    if list_slug and (issue := make_draft(api, brief, list_slug)) is not None:
        numbers["issue"] = issue
    lines = "".join(f"{name}={number}\n" for name, number in numbers.items())
    print(f"published {file} as {key}:\n{lines}", end="")
    if output := os.environ.get("GITHUB_OUTPUT"):
        with Path(output).open("a", encoding="utf-8") as opened:
            opened.write(lines)


if __name__ == "__main__":
    try:
        main()
    except (NotPublished, OSError) as error:
        sys.exit(f"error: {error}")
