"""
Answer the requests of one App: admit them, run the operation in a thread, and report what goes
wrong as a problem.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from newsletter.app import App
from newsletter.errors import StoreError
from newsletter.web.api.body import FileToSend, Resource, ResponseBody
from newsletter.web.api.call import Call
from newsletter.web.api.operations import Operation
from newsletter.web.api.refusals.errors import problem_of
from newsletter.web.api.refusals.problems import Problem, ProblemType, ValueProblem, not_found
from newsletter.web.api.refusals.validation_messages import message_for
from newsletter.web.api.requests.admission import Admission, client_of, quota_of
from newsletter.web.api.requests.authentication import Client, needs_record, record
from newsletter.web.api.requests.paging import Cursors
from newsletter.web.api.requests.request_limits import RateClass
from newsletter.web.api.requests.versions import etag_of, matches_weakly
from newsletter.web.api.requests.writes import WriteRunner, read_write_request
from newsletter.web.write_pool import FairPool, WritePool

MEDIA_TYPE = "application/json"
# The threads of operations that read, and of those that may take long.
READING, LOOKING = 8, 2
CallEndpoint = Callable[[Request], Awaitable[Response]]


class OperationHandler:
    """
    Handles the requests of one App. *read_operations* are those that return objects, by the path of
    the object.
    """

    def __init__(
        self, app: App, writes: WritePool, read_operations: Mapping[str, Operation]
    ) -> None:
        self.app = app
        self.writes = writes
        self.reads = FairPool(READING, each=4, most_each=100)
        self.bulk = FairPool(LOOKING, most_each=20)
        self.read_operations = read_operations
        self.runner = WriteRunner(app)
        self.admission = Admission(app)
        self.cursors = Cursors(app.links.keys)

    async def handle(
        self, request: Request, operation: Operation, call_endpoint: CallEndpoint
    ) -> Response:
        """
        Answer one request. *call_endpoint* reads its parameters and body, and calls the
        operation's endpoint.
        """
        try:
            response = await self._answer(request, operation, call_endpoint)
        except Exception as error:
            response = _problem(error, operation).response()
        quota = quota_of(request)
        if quota is not None:
            response.headers.update(quota.headers())
        return response

    async def _answer(
        self, request: Request, operation: Operation, call_endpoint: CallEndpoint
    ) -> Response:
        if operation.is_write:
            # Before its body is read, and before it waits among those that write.
            await run_in_threadpool(self.admission.admit, request, operation)
        try:
            response = await call_endpoint(request)
        except RequestValidationError:
            # Who may not ask does not learn what is wrong with the request.
            await run_in_threadpool(self.admission.admit, request, operation)
            raise
        client = client_of(request)
        if client is not None and needs_record(client.token, self.app.clock()):
            response.background = BackgroundTask(self._record, client)
        return response

    async def run(
        self, request: Request, operation: Operation, values: Mapping[str, Any]
    ) -> Response:
        """
        Run the operation with the values of its parameters. What reads is admitted in the thread in
        which it reads.
        """

        def act() -> Response:
            call = self._call(request, operation)
            return _response(call, operation.function(call, **values))

        if not operation.is_write:
            condition = request.headers.get("if-none-match")
            pool = self.bulk if operation.rate is RateClass.BULK else self.reads
            return _unless_known(await pool.run_for(turn_of(request), act), condition)
        return await self._write(request, operation, values, act)

    async def _write(
        self,
        request: Request,
        operation: Operation,
        values: Mapping[str, Any],
        act: Callable[[], Response],
    ) -> Response:
        read_operation = self.read_operations.get(operation.version_of or operation.path)
        write = await read_write_request(
            request,
            token_id=self.admission.admit(request, operation).token.id,
            object_path=_object_path(read_operation, request),
            has_secret=operation.has_secret,
        )

        def current() -> bytes | None:
            if read_operation is None:
                return None
            return _current(read_operation, self._call(request, operation), values)

        run = self.runner.run_in_steps if operation.in_steps else self.runner.run
        if operation.rate is RateClass.BULK:
            return await self.bulk.run_for(turn_of(request), run, write, act, current)
        return await self.writes.run(run, write, act, current)

    def _call(self, request: Request, operation: Operation) -> Call:
        return Call(
            app=self.app,
            actor=self.admission.admit(request, operation).actor,
            operation=operation,
            cursors=self.cursors,
            path=request.url.path,
            query=request.url.query,
            status=operation.status,
        )

    async def _record(self, client: Client) -> None:
        # The next request tries it again.
        with contextlib.suppress(StoreError):
            await self.writes.run(record, self.app, client.token)


def turn_of(request: Request) -> str:
    """
    Return whose turn a request waits for: its token, however the header is written.
    """
    return request.headers.get("authorization", "").strip().partition(" ")[2].strip()


def _response(call: Call, body: ResponseBody | FileToSend | None) -> Response:
    if isinstance(body, FileToSend):
        return FileResponse(
            body.path,
            headers=call.headers,
            media_type=body.media_type,
            filename=body.path.name,
        )
    if body is None:
        return Response(status_code=call.status, headers=call.headers)
    content = _json(body)
    headers = dict(call.headers)
    if isinstance(body, Resource) or not call.operation.is_write:
        headers["ETag"] = etag_of(content)
    return Response(content, status_code=call.status, headers=headers, media_type=MEDIA_TYPE)


def _json(body: ResponseBody) -> bytes:
    return body.__pydantic_serializer__.to_json(body)


def _unless_known(response: Response, condition: str | None) -> Response:
    etag = response.headers.get("etag")
    if condition is None or etag is None or not matches_weakly(condition, etag):
        return response
    kept = {name: response.headers[name] for name in ("etag", "link") if name in response.headers}
    return Response(status_code=304, headers=kept)


def _object_path(read_operation: Operation | None, request: Request) -> str:
    if read_operation is None:
        return ""
    # An address is the same in any case.
    values = {name: str(value).lower() for name, value in request.path_params.items()}
    return read_operation.path.format(**values)


def _current(read_operation: Operation, call: Call, values: Mapping[str, Any]) -> bytes | None:
    """
    Return the representation of an object now; None if it does not exist, and the call can make it.

    Raises:
        Problem: it does not exist, and the call cannot make it.
    """
    read = dataclasses.replace(
        call,
        operation=read_operation,
        actor=call.with_permissions(*read_operation.needs),
        headers={},
    )
    given = {name: values[name] for name in read_operation.names.path}
    try:
        body = read_operation.function(read, **given)
    except Exception as error:
        names = call.operation.names
        problem = problem_of(error, names)
        if problem is None:
            raise
        if problem.kind is ProblemType.NOT_FOUND and names.makes:
            return None
        raise problem from error
    return None if body is None or isinstance(body, FileToSend) else _json(body)


def _problem(error: Exception, operation: Operation) -> Problem:
    """
    Return the problem that reports *error*. An unexpected error is raised again.
    """
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, HTTPException):
        if isinstance(error.__cause__, Problem):
            return error.__cause__
        return not_found() if error.status_code == 404 else _bad_body()
    problem = problem_of(error, operation.names)
    if problem is None:
        raise error
    return problem


def _bad_body() -> Problem:
    return Problem(kind=ProblemType.INVALID_JSON, detail="the body cannot be read: send JSON")


def _invalid(error: RequestValidationError) -> Problem:
    if isinstance(error.body, bytes):
        detail = "send the body as JSON, with the header Content-Type: application/json"
        return Problem(kind=ProblemType.NOT_JSON, detail=detail)
    found = [_value_problem(each) for each in error.errors()]
    first = found[0]
    place = first.pointer if first.pointer is not None else first.parameter
    detail = f"{place or 'the body'}: {first.detail}"
    return Problem(kind=ProblemType.INVALID, detail=detail, errors=found[:100])


def _value_problem(found: Mapping[str, Any]) -> ValueProblem:
    where, *rest = found["loc"]
    detail = message_for(found)
    if where == "body":
        parts = (str(each).replace("~", "~0").replace("/", "~1") for each in rest)
        return ValueProblem(detail=detail, pointer="".join(f"/{part}" for part in parts))
    return ValueProblem(detail=detail, parameter=".".join(map(str, rest)))
