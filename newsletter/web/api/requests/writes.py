"""
Run an operation that writes. What it does, the check of the version that it names, and the response
stored for its idempotency key are one transaction, so a process that is killed leaves all of it or
nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.app import App
from newsletter.errors import NewsletterError, StoreError, TransactionConflict
from newsletter.store.access import api_responses
from newsletter.store.access.object_lock import lock_object
from newsletter.store.flow_control import kill_switch
from newsletter.web.api.refusals.problems import Problem, ProblemType, ValueProblem
from newsletter.web.api.requests.versions import etag_of, matches_strongly
from subscribers.errors import InvalidAddress, SubscribersError
from subscribers.validation.address import parse_address

IDEMPOTENCY_KEY = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_MAX_KEY = 255
_TRIES = 4
# Among the headers of a stored response, the person it is about, by whom an erasure finds it.
_PERSON = "person"


@dataclass(frozen=True, kw_only=True)
class WriteRequest:
    """
    What a write says in its headers. `key` is empty without an idempotency key; `object_path` is
    the address whose version `if_match` names, `person` the key of a person's address in the path.
    A response that `has_secret` is not stored.
    """

    token_id: int
    key: str
    request_hash: bytes
    object_path: str
    person: str
    if_match: str | None
    if_none_match: str | None
    has_secret: bool = False

    @property
    def has_condition(self) -> bool:
        return self.if_match is not None or self.if_none_match is not None


async def read_write_request(
    request: Request, *, token_id: int, object_path: str, has_secret: bool
) -> WriteRequest:
    """
    Read the headers of a write.

    Raises:
        Problem: the idempotency key is too long, or not printable ASCII.
    """
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is not None and not (0 < len(key) <= _MAX_KEY and key.isascii() and key.isprintable()):
        detail = f"write 1 to {_MAX_KEY} printable ASCII characters, such as a UUID"
        place = ValueProblem(detail=detail, header=IDEMPOTENCY_KEY)
        text = f"{IDEMPOTENCY_KEY}: {detail}"
        raise Problem(kind=ProblemType.INVALID, detail=text, errors=[place])
    target = f"{request.method} {request.url.path}?{request.url.query}\n"
    named = hashlib.sha256(target.encode("utf-8", "surrogatepass"))
    # A thread of its own, since a file may have 32 MB.
    await run_in_threadpool(named.update, await request.body())
    return WriteRequest(
        token_id=token_id,
        key=key or "",
        request_hash=named.digest(),
        object_path=object_path,
        person=_person_in(request.path_params),
        if_match=request.headers.get("if-match"),
        if_none_match=request.headers.get("if-none-match"),
        has_secret=has_secret,
    )


def _person_in(path_params: Mapping[str, object]) -> str:
    for value in path_params.values():
        with contextlib.suppress(InvalidAddress):
            return parse_address(str(value)).key
    return ""


class WriteRunner:
    """
    Runs the writes of one App.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    def run(
        self,
        write: WriteRequest,
        act: Callable[[], Response],
        current: Callable[[], bytes | None],
    ) -> Response:
        """
        Return the stored response of the same request, or that of *act*. *current* returns the
        representation of the object now, and None if it does not exist.

        Raises:
            Problem: the key was used for another request, or the version is not the one named.
        """
        for _ in range(_TRIES - 1):
            # What was checked was changed by others before it was used. Nothing was committed, so
            # it is done again with what they left.
            with contextlib.suppress(TransactionConflict, sa.exc.IntegrityError):
                return self._run_once(write, act, current)
        return self._run_once(write, act, current)

    def _run_once(
        self,
        write: WriteRequest,
        act: Callable[[], Response],
        current: Callable[[], bytes | None],
    ) -> Response:
        stored = self._stored(write)
        if stored is not None:
            return stored
        try:
            with self.app.database.unit(before=lambda connection: self._begin(write, connection)):
                if write.has_condition:
                    self._require_version(write, current)
                response = act()
                if write.key:
                    self._store(write, response)
            return response
        except _KeyTaken:
            return self._stored_meanwhile(write)

    def run_in_steps(
        self,
        write: WriteRequest,
        act: Callable[[], Response],
        current: Callable[[], bytes | None],
    ) -> Response:
        """
        Return the stored response of the same request, or that of *act*, which has several
        transactions. The key is taken, and the version checked, in the first of them; it can be
        used again if a later one refuses what was asked.

        Raises:
            Problem: the key was used for another request, or the process ended before this one was
                done.
        """
        stored = self._stored(write)
        if stored is not None:
            return stored
        is_begun = threading.Event()

        def begin(connection: sa.Connection) -> None:
            self._begin_steps(write, connection, current)
            is_begun.set()

        try:
            with self.app.database.first_write(begin):
                response = act()
        except _KeyTaken:
            return self._stored_meanwhile(write)
        except StoreError:
            raise
        except (NewsletterError, SubscribersError):
            if write.key and is_begun.is_set():
                self._free_key(write)
            raise
        if write.key:
            self._store(write, response)
        return response

    def _begin(self, write: WriteRequest, connection: sa.Connection) -> None:
        """
        Begin the transaction, ahead of what the action writes.
        """
        kill_switch.require_not_migrated(connection)
        if write.key and not api_responses.reserve_key(
            connection, write.token_id, write.key, write.request_hash, now=self.app.clock()
        ):
            raise _KeyTaken
        if write.object_path:
            lock_object(connection, write.object_path)

    def _begin_steps(
        self,
        write: WriteRequest,
        connection: sa.Connection,
        current: Callable[[], bytes | None],
    ) -> None:
        self._begin(write, connection)
        if write.has_condition:
            # Another connection still reads the object as it was before this transaction.
            _require_version(write, current())

    def _require_version(self, write: WriteRequest, current: Callable[[], bytes | None]) -> None:
        """
        Check the version, once no other request can change the object.
        """
        with self.app.database.write():
            _require_version(write, current())

    def _stored(self, write: WriteRequest) -> Response | None:
        if not write.key:
            return None
        with self.app.database.read() as connection:
            found = api_responses.find_response(
                connection, write.token_id, write.key, now=self.app.clock()
            )
        if found is None:
            return None
        if found.request_hash != write.request_hash:
            detail = "this key was used for another request: take a new key for each"
            place = ValueProblem(detail=detail, header=IDEMPOTENCY_KEY)
            raise Problem(kind=ProblemType.KEY_REUSED, detail=detail, errors=[place])
        if not found.status:
            raise _in_use()
        if found.body is None:
            detail = (
                "the request was done, but its response is not stored: it had a secret, or named a "
                "person who was erased"
            )
            raise Problem(kind=ProblemType.ERASED, detail=detail)
        headers = {**found.headers, REPLAYED: "true"}
        headers.pop(_PERSON, None)
        return Response(found.body.encode(), status_code=found.status, headers=headers)

    def _stored_meanwhile(self, write: WriteRequest) -> Response:
        """
        Return the response to another request with the key, for which this one waited.

        Raises:
            Problem: that request has not ended, or was another one.
        """
        stored = self._stored(write)
        if stored is None:
            raise _in_use()
        return stored

    def _free_key(self, write: WriteRequest) -> None:
        with self.app.database.write() as connection:
            api_responses.free_key(connection, write.token_id, write.key, write.request_hash)

    def _store(self, write: WriteRequest, response: Response) -> None:
        kept = ("content-type", "location", "etag")
        headers = {name: response.headers[name] for name in kept if name in response.headers}
        if response.body:
            headers[_PERSON] = write.person
        with self.app.database.write() as connection:
            api_responses.store_response(
                connection,
                write.token_id,
                write.key,
                status=response.status_code,
                headers=headers,
                body=None if write.has_secret else bytes(response.body).decode(),
            )


class _KeyTaken(Exception):
    """
    Another request was done with the key meanwhile.
    """


def _in_use() -> Problem:
    detail = (
        "a request with this key has begun and not ended: check what it did, or send it again later"
    )
    return Problem(kind=ProblemType.REFUSED, detail=detail, headers={"Retry-After": "1"})


def _require_version(write: WriteRequest, body: bytes | None) -> None:
    etag = None if body is None else etag_of(body)
    if write.if_match is not None and (etag is None or not matches_strongly(write.if_match, etag)):
        detail = "it is not the version that If-Match names: read it again, then change it"
        raise _changed(detail, "If-Match", etag)
    if write.if_none_match is None or etag is None:
        return
    if write.if_none_match.strip() == "*" or matches_strongly(write.if_none_match, etag):
        detail = "If-None-Match asks for it not to exist, but it does"
        raise _changed(detail, "If-None-Match", etag)


def _changed(detail: str, header: str, etag: str | None) -> Problem:
    place = ValueProblem(detail=detail, header=header)
    headers = {"ETag": etag} if etag else {}
    return Problem(kind=ProblemType.VERSION_CHANGED, detail=detail, errors=[place], headers=headers)
