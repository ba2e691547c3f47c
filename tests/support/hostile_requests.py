"""
A server under one hostile request at a time, and beside it what readers and providers do: a
one-click leave, a join, a signed webhook and a look at its health.
"""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import httpx
import sqlalchemy as sa
from api_server import make_installation
from event_samples import SECRET, resend_body, signed
from fastapi.routing import APIRoute
from machine_waits import waited_s, waits_of
from serving import Served, command
from staff_samples import EVE, PASSWORD, add_member, form_token
from starlette.applications import Starlette
from starlette.routing import Route

from newsletter.app import App
from newsletter.settings import load_settings
from newsletter.web.api.application import document, routed_operations
from newsletter.web.application import make_web
from newsletter.web.limits.form_tokens import FormTokens
from newsletter.web.metrics import PATH as METRICS
from newsletter.web.webhooks.endpoint import PREFIX
from subscribers.database.tables import subscription

KB, MB = 1024, 1024 * 1024
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
JSON = "application/json"
PEOPLE = 400
_PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
_FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
_MARKS = "\u0301\u0316".encode()
# A field that one of our forms or operations has, so that it is looked at and not passed over.
_FIELDS = (b"password", b"email", b"name", b"intro", b"rule", b"pasted", b"body", b"query")


def forms(size: int) -> dict[str, tuple[bytes, str]]:
    """
    Return forms of a size in five nasty shapes.
    """
    each = size // len(_FIELDS)
    return {
        "fields": (b"a=1&" * (size // 4), FORM),
        "parts": (_PART * (size // len(_PART)) + b"--x--\r\n", PARTS),
        "marks": (b"&".join(name + b"=a" + _MARKS * (each // 4) for name in _FIELDS), FORM),
        "brackets": (b"&".join(name + b"=" + b"[" * (each - 9) for name in _FIELDS), FORM),
        "file": (
            _FILE + b'email,tags\na@example.org,"' + _MARKS * (size // 4) + b'"\r\n--x--\r\n',
            PARTS,
        ),
    }  # fmt: skip


def documents(size: int) -> dict[str, tuple[bytes, str]]:
    """
    Return JSON of a size in six nasty shapes.
    """
    file = b'{"list":"daily","files":[{"name":"a.csv","text":"email,tags\\na@example.org,'
    return {
        "numbers": (b'{"files":[' + b"1," * (size // 2) + b"1]}", JSON),
        "depth": (b"[" * size, JSON),
        "names": (b'{"a":1' + b',"b":[]' * (size // 7) + b"}", JSON),
        "marks": (b'{"name":"a' + _MARKS * (size // 4) + b'"}', JSON),
        "file": (file + _MARKS * (size // 4) + b'"}]}', JSON),
        # It looks as if it had NUL.
        "escapes": (file + b"\\\\u0000" + b"a" * size + b'"}]}', JSON),
    }


@dataclass(frozen=True, kw_only=True)
class Target:
    """
    Where a hostile request is sent; *template* is its path in the document of the API.
    """

    method: str
    path: str
    headers: dict[str, str]
    shapes: Callable[[int], dict[str, tuple[bytes, str]]]
    template: str = ""


@dataclass
class Beside:
    """
    What the requests beside were answered, by kind and status, and the slowest in seconds by kind,
    without the time in which the server or its clients waited for a processor.
    """

    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    slowest_s: dict[str, float] = field(default_factory=dict)

    def add(self, kind: str, status: int, took_s: float) -> None:
        self.answers[kind, status] += 1
        self.slowest_s[kind] = max(took_s, self.slowest_s.get(kind, 0.0))


@dataclass(frozen=True, kw_only=True)
class Attack:
    """
    What became of a hostile request: its status (0 if the server hung up), the processor time that
    it cost the server, and what was answered beside it.
    """

    status: int
    used_s: float
    beside: Beside


class Attacked:
    """
    `with Attacked(folder) as attacked:` runs a server with an owner who is logged in, a token that
    may do everything, and readers.
    """

    def __init__(self, folder: Path) -> None:
        os.environ.update(NL_KEY="k", NL_HOOK=SECRET)
        self.token = make_installation(folder)
        settings = folder / "newsletter.toml"
        provider = 'kind = "resend"\napi_key = "env:NL_KEY"\nwebhook_secret = "env:NL_HOOK"'
        settings.write_text(f"{settings.read_text()}\n[provider.mails]\n{provider}\n")
        people = "".join(f"reader{number}@example.org\n" for number in range(PEOPLE))
        (folder / "people.csv").write_text(f"email\n{people}")
        command(folder, "subscriber", "import", "people.csv", "--list", "daily", "--consent", "c")
        command(folder, "list", "edit", "daily", "--visibility", "public")
        command(folder, "issue", "new", "--list", "daily", "--subject", "Hello")
        self.app = App(settings=load_settings(folder / "newsletter.toml"))
        owner: Any = SimpleNamespace(app=self.app, now=dt.datetime.now(dt.UTC))
        add_member(owner)
        with self.app.database.read() as connection:
            numbers = connection.scalars(sa.select(subscription.c.id)).all()
        base = len(self.app.site.base_url)
        self._leaves = [self.app.links.unsubscribe(number)[base:] for number in numbers]
        self._hook = self.app.links.webhook("mails")[base:]
        self._count = 0
        self.served = Served(folder)

    def __enter__(self) -> Self:
        self.served.__enter__()
        self.browser = httpx.Client(base_url=self.served.address, timeout=300)
        self.browser.headers.update({"Sec-Fetch-Site": "same-origin"})
        self._log_in()
        # A form that was opened a while ago, as a person's is.
        opened_at = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
        self._join = FormTokens(self.app.links.keys).token("join page", opened_at)
        return self

    def __exit__(self, *failed: Any) -> None:
        self.browser.close()
        self.served.__exit__(*failed)
        self.app.close()

    def stay_logged_in(self) -> None:
        """
        Log the owner in again if a form has ended the session, or before pages ask for the password
        again.
        """
        is_over = self.browser.get("/admin/account").status_code != 200
        if is_over or time.monotonic() - self._logged_in_at_s > 300:
            self._log_in()

    def _log_in(self) -> None:
        self.browser.cookies.clear()
        token = form_token(self.browser.get("/admin/login").text)
        form = {"form_token": token, "email": EVE, "password": PASSWORD}
        assert self.browser.post("/admin/login", data=form).status_code == 303
        self.form_token = form_token(self.browser.get("/admin/account").text)
        self._logged_in_at_s = time.monotonic()

    def targets(self) -> Iterator[Target]:
        """
        Yield every method of every route that the application has.
        """
        filled = {"{number}": "1", "{slug}": "daily", "{token}": "x", "{path:path}": "nowhere"}
        for route in page_routes(make_web(self.app, stopping=threading.Event())):
            shapes = documents if route.path.startswith(PREFIX) else forms
            for method in _methods(route):
                path = route.path
                for name, value in filled.items():
                    path = path.replace(name, value)
                path = self._hook if path.startswith(PREFIX) else _filled(path)
                yield Target(method=method, path=path, headers={}, shapes=shapes)
        yield Target(method="GET", path=METRICS, headers={}, shapes=forms)
        # A form of another site may send JSON.
        yield Target(method="POST", path="/join/daily", headers={}, shapes=documents)
        bearer = {"Authorization": f"Bearer {self.token}"}
        for each in routed_operations().routes:
            assert isinstance(each, Route | APIRoute)
            for method in _methods(each):
                yield Target(
                    method=method,
                    path=_filled(each.path, _number(each.path, method)),
                    template=each.path,
                    headers=bearer,
                    shapes=documents,
                )

    def too_long(self) -> Iterator[tuple[Target, str, Any]]:
        """
        Yield for each field of each operation that writes its place, and a body in which it is one
        beyond what the document allows.
        """
        content = document().content
        for target in self.targets():
            operation = content["paths"].get(target.template, {})
            found = operation.get(target.method.lower(), {}).get("requestBody", {})
            schema = found.get("content", {}).get(JSON, {}).get("schema", {})
            for place, body in _beyond(schema, content, ()):
                yield target, place, body

    def attack(self, target: Target, body: bytes, kind: str) -> Attack:
        """
        Send one hostile request.
        """
        is_over, beside = threading.Event(), Beside()
        looking = threading.Thread(target=self._look, args=(beside, is_over))
        before_s = self.used_s()
        looking.start()
        try:
            sent = self.browser.request(
                target.method, target.path, content=self._with_token(body, kind),
                headers={"Content-Type": kind, **target.headers},
            )  # fmt: skip
            status = sent.status_code
        except httpx.TransportError:
            status = 0
        finally:
            is_over.set()
            looking.join()
        return Attack(status=status, used_s=self.used_s() - before_s, beside=beside)

    def quiet(self, rounds: int) -> Beside:
        """
        Return what is answered while nobody attacks.
        """
        beside = Beside()
        with httpx.Client(base_url=self.served.address, timeout=300) as reader:
            for _ in range(rounds):
                self._ask_all(reader, beside)
        return beside

    def changed(self) -> dict[str, int]:
        """
        Return how many people are in each state: the requests beside do what they are for.
        """
        state = subscription.c.state
        with self.app.database.read() as connection:
            rows = connection.execute(sa.select(state, sa.func.count()).group_by(state))
            return {str(row[0]): int(row[1]) for row in rows}

    def used_s(self) -> float:
        """
        Return the processor time of the server, without that of its children.
        """
        stat = Path(f"/proc/{self.served.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mb(self) -> float:
        """
        Return the most memory that the server had.
        """
        status = Path(f"/proc/{self.served.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def _with_token(self, body: bytes, kind: str) -> bytes:
        if kind == FORM:
            return f"form_token={self.form_token}&".encode() + body
        if kind == PARTS:
            head = b'--x\r\nContent-Disposition: form-data; name="form_token"\r\n\r\n'
            return head + self.form_token.encode() + b"\r\n" + body
        return body

    def _look(self, beside: Beside, is_over: threading.Event) -> None:
        with httpx.Client(base_url=self.served.address, timeout=300) as reader:
            while True:
                self._ask_all(reader, beside)
                if is_over.wait(0.01):
                    return

    def _ask_all(self, reader: httpx.Client, beside: Beside) -> None:
        self._count += 1
        number, now = self._count, dt.datetime.now(dt.UTC)
        raw = resend_body("email.delivered", label=f"i1-d{number}_abc")
        join = {"token": self._join, "email": f"new{number}@example.org"}
        asked: dict[str, Callable[[], httpx.Response]] = {
            "health": lambda: reader.get("/healthz"),
            "leave": lambda: reader.post(
                self._leaves[number % PEOPLE], data={"List-Unsubscribe": "One-Click"}
            ),
            "join": lambda: reader.post("/join/daily", data=join),
            "hook": lambda: reader.post(
                self._hook, content=raw, headers=signed(raw, at=now, name=f"msg_{number}")
            ),
        }
        programs = (self.served.process.pid, os.getpid())
        for kind, ask in asked.items():
            before, begun_s = waits_of(*programs), time.perf_counter()
            status = ask().status_code
            took_s = time.perf_counter() - begun_s
            beside.add(kind, status, took_s - waited_s(before, waits_of(*programs)))


def page_routes(layer: Any) -> list[Route]:
    """
    Return the routes of the pages and webhooks of the application that *layer* protects.
    """
    while not isinstance(layer, Starlette):
        layer = getattr(layer, "pages", None) or layer.app
    routes = [each for each in layer.routes if isinstance(each, Route)]
    assert len(routes) == len(layer.routes)
    return routes


def _methods(route: Route | APIRoute) -> list[str]:
    """
    Return the methods of a route that have code of their own; one that has all is sent forms.
    """
    return sorted((route.methods or {"POST"}) - {"HEAD", "OPTIONS"})


def _number(path: str, method: str) -> str:
    """
    Return the number of an object: nothing is deleted or revoked that the attack itself needs.
    """
    return "9999" if method == "DELETE" or "/tokens/" in path or "/staff/" in path else "1"


def _filled(path: str, name: str = "1") -> str:
    while "{" in path:
        before, _, rest = path.partition("{")
        path = f"{before}{name}{rest.partition('}')[2]}"
    return path


def _beyond(
    schema: dict[str, Any], content: dict[str, Any], above: tuple[str, ...]
) -> Iterator[tuple[str, Any]]:
    """
    Yield the place of each bounded value of a schema, and a value in which it alone is too large.
    """
    name = schema.get("$ref", "").rpartition("/")[2]
    if name in above:
        return
    if name:
        schema, above = content["components"]["schemas"][name], (*above, name)
    yield from (("", value) for value in _too_large(schema))
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _beyond(each, content, above)
    for key, each in schema.get("properties", {}).items():
        for place, value in _beyond(each, content, above):
            yield f"/{key}{place}", {key: value}
    if "items" in schema:
        for place, value in _beyond(schema["items"], content, above):
            yield f"/0{place}", [value]


def _too_large(schema: dict[str, Any]) -> Iterator[Any]:
    if "maxLength" in schema:
        yield "a" * (schema["maxLength"] + 1)
    if "maxItems" in schema:
        yield ["a"] * (schema["maxItems"] + 1)
    if "maximum" in schema:
        yield schema["maximum"] + 1
