"""
The routes of staff pages. Who may open a page, and whether a form is genuine, is checked here and
nowhere else, before a page's own code runs.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter.access.sessions import LoggedIn, is_elevated
from newsletter.actions.access.login import find_logged_in
from newsletter.model.access import Actor
from newsletter.web.admin.cookies import Cookie
from newsletter.web.admin.form_guard import is_from_elsewhere, is_same_origin
from newsletter.web.admin.frame.field_lengths import require_short
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.refusals import REFUSALS, RefusalKind, kind_of, line_of
from newsletter.web.admin.staff_pages import LOGIN, StaffPages
from newsletter.web.client_address import client_of
from newsletter.web.typed_form import TypedForm
from newsletter.web.upload_form import parse_body
from newsletter.web.write_pool import FairPool, WritePool

CONFIRM = "/admin/confirm"
# The threads of pages that read, and of those that may take long.
READING, LOOKING = 8, 2
# The sessions whose members are remembered.
MOST_KNOWN = 1_000


class Needs(enum.Enum):
    """
    What a page needs of the person who opens it. PASSWORD: that they have given it, and not yet the
    second factor. ELEVATED: that they proved in the last minutes who they are. POLL: a session, as
    SESSION; but a page asks for it by itself, so it does not keep the session from ending.
    """

    NOBODY = enum.auto()
    PASSWORD = enum.auto()
    SESSION = enum.auto()
    POLL = enum.auto()
    ELEVATED = enum.auto()


@dataclass(frozen=True, kw_only=True)
class StaffRequest:
    """
    A request that passed the checks: whose it is, or None if nobody is logged in, the form that was
    sent, and the words of the answer.
    """

    request: Request
    logged_in_or_none: LoggedIn | None
    typed: TypedForm
    words: StaffWords

    @property
    def logged_in(self) -> LoggedIn:
        """
        Return whose request it is, where the route needs somebody.
        """
        assert self.logged_in_or_none is not None
        return self.logged_in_or_none

    @property
    def actor(self) -> Actor:
        """
        Return the actor of what the member asks for.
        """
        logged_in = self.logged_in
        return logged_in.member.actor(client_of(self.request))


Handler = Callable[[StaffRequest], Response]


class StaffRoutes:
    """
    Makes the routes of staff pages.
    """

    def __init__(self, pages: StaffPages, *, writes: WritePool) -> None:
        self.pages = pages
        self.app = pages.app
        self.writes = writes
        self.reads = FairPool(READING, each=3, most_each=50)
        self.looks = FairPool(LOOKING)
        # Whose a session is, by its cookie: that never changes.
        self._members: dict[str, int] = {}

    def page(
        self,
        path: str,
        *,
        needs: Needs,
        show: Handler | None = None,
        submit: Handler | None = None,
        back: str = "",
        reads: WritePool | None = None,
        writes: WritePool | None = None,
        looks: bool = False,
        every_method: bool = False,
    ) -> Route:
        """
        Return the route of a page that *show* shows, and whose form *submit* receives. If an action
        refuses what a form asks for, the page at *back* says so, by default the one with the form;
        the path may have the parameters of this one. *reads* and *writes* have the threads for
        them, if they are not the usual ones; if it *looks*, as previews do, it may take long and
        its form changes nothing, or seldom. With *every_method*, all other methods are shown the
        page too.
        """
        back = back or (path if show else path.rpartition("/")[0])
        methods = [name for name, handler in (("GET", show), ("POST", submit)) if handler]

        async def endpoint(request: Request) -> Response:
            who = await self.turn_of(request)
            if request.method != "POST" or submit is None:
                assert show is not None
                if reads is not None:
                    return await reads.run(self._show, request, needs, show)
                pool = self.looks if looks else self.reads
                return await pool.run_for(who, self._show, request, needs, show)
            body = await request.body()
            if looks:
                return await self.looks.run_for(
                    who, self._submit, request, body, needs, submit, back
                )
            return await (writes or self.writes).run(
                self._submit, request, body, needs, submit, back
            )

        # Without methods, a route matches all of them.
        return Route(path, endpoint, methods=[] if every_method else methods)

    async def turn_of(self, request: Request) -> int | None:
        """
        Return whose turn a request waits for: the member's, whichever of their sessions it is from.
        """
        cookie = self.pages.cookies.value(request, Cookie.SESSION)
        if not cookie or cookie in self._members:
            return self._members.get(cookie or "")
        found = await run_in_threadpool(find_logged_in, self.app, cookie, is_use=False)
        if found is None:
            return None
        if len(self._members) >= MOST_KNOWN:
            self._members.clear()
        return self._members.setdefault(cookie, found.member.id)

    def _show(self, request: Request, needs: Needs, show: Handler) -> Response:
        logged_in = self._logged_in(request, needs)
        if refused := self._refuse(request, logged_in, needs):
            return refused
        try:
            return show(self._passed(request, logged_in, TypedForm()))
        except REFUSALS as error:
            return self.pages.refusal(request, error, logged_in)

    def _submit(
        self, request: Request, body: bytes, needs: Needs, submit: Handler, back: str
    ) -> Response:
        if not is_same_origin(request):
            return self.refuse_form(request)
        typed = parse_body(body, request.headers.get("content-type", ""))
        if not self.pages.guard.accepts(request, typed, self.pages.form_cookie(request)):
            return self.refuse_form(request)
        require_short(typed)
        logged_in = self._logged_in(request, needs)
        if refused := self._refuse(request, logged_in, needs):
            return refused
        try:
            return submit(self._passed(request, logged_in, typed))
        except REFUSALS as error:
            if kind_of(error) is not RefusalKind.REFUSED:
                return self.pages.refusal(request, error, logged_in)
            return self.pages.done(
                request,
                back.format(**request.path_params),
                line_of(error, self.pages.words(request, logged_in)),
                kind="bad",
            )

    def refuse_form(self, request: Request, logged_in: LoggedIn | None = None) -> Response:
        """
        Return the page that says that a form is no longer valid.
        """
        _ = self.pages.words(request, logged_in).gettext
        return self.pages.message(
            request,
            _("This form is no longer valid"),
            _(
                "It was open for too long, or your browser did not send its cookie. Open the page "
                "again."
            ),
            403,
        )

    def _passed(
        self, request: Request, logged_in: LoggedIn | None, typed: TypedForm
    ) -> StaffRequest:
        words = self.pages.words(request, logged_in)
        return StaffRequest(request=request, logged_in_or_none=logged_in, typed=typed, words=words)

    def _logged_in(self, request: Request, needs: Needs) -> LoggedIn | None:
        cookie = self.pages.cookies.value(request, Cookie.SESSION)
        if not cookie:
            return None
        is_open, is_use = needs is not Needs.PASSWORD, needs is not Needs.POLL
        return find_logged_in(self.app, cookie, is_open=is_open, is_use=is_use)

    def _refuse(
        self, request: Request, logged_in: LoggedIn | None, needs: Needs
    ) -> Response | None:
        """
        Return the page to show instead if this one may not be opened.
        """
        if not self.pages.cookies.is_safe:
            return self._refuse_connection(request)
        if needs is Needs.NOBODY:
            return None
        if logged_in is None:
            return self._without_session(request)
        if needs is Needs.ELEVATED and not is_elevated(logged_in.session, self.app.clock()):
            return self.pages.redirect(CONFIRM, next=request.url.path)
        return None

    def _refuse_connection(self, request: Request) -> Response:
        _ = self.pages.words(request).gettext
        return self.pages.message(
            request,
            _("Not over this connection"),
            _(
                "Staff can log in only over https. Set base_url in newsletter.toml to the https "
                "URL of this site."
            ),
            403,
        )

    def _without_session(self, request: Request) -> Response:
        if request.method != "POST" and is_from_elsewhere(request):
            # A page of ours asks again, and the browser sends its cookies along.
            return self.pages.page(request, "login/continue.html", path=_sent_path(request))
        if request.headers.get("hx-request"):
            # htmx would put the log-in page into a part of this one.
            return Response(status_code=204, headers={"HX-Redirect": LOGIN})
        return self.pages.redirect(LOGIN)


def _sent_path(request: Request) -> str:
    """
    Return the path as the browser sent it: decoded, `..%2F` would lead out of the staff pages.
    """
    raw: bytes = request.scope["raw_path"]
    return raw.partition(b"?")[0].decode("latin-1")
