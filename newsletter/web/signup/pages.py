"""
The sign-up form: `/join/LIST` for one newsletter, `/join` for several.

Whatever address is typed, the answer is the same page after the same work. A form on another site
has no token of ours; it gets a page with one button, and only that button joins, so that no page
can let its visitors sign up others unseen. Sites that a list names may post JSON instead, or a form
that accepts JSON: they are answered like everybody, and their visitors stay where they are.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from newsletter.actions.readers.signup import ask_to_join
from newsletter.app import App
from newsletter.issues.settings.consent_sentence import consent_sentence
from newsletter.web.client_address import client_of
from newsletter.web.limits.form_tokens import (
    HONEYPOT,
    LEAST_AGE,
    FormTokens,
    FormVerdict,
    is_trapped,
)
from newsletter.web.limits.gate import SignupGate, StrangersRequest
from newsletter.web.page.templates import PageTemplates
from newsletter.web.public.cards import card_of
from newsletter.web.public.page_values import (
    CheckInboxPage,
    ContinuePage,
    Form,
    FormError,
    HiddenField,
    Inbox,
    JoinPage,
)
from newsletter.web.public.proof import POLICY, ProofPages
from newsletter.web.public.questions import EMAIL, NAME
from newsletter.web.signup import headless
from newsletter.web.signup.form import (
    NEWSLETTER,
    SURE,
    CheckedForm,
    check_form,
    form_fields,
    hidden_answers,
    suggested_address,
    with_chosen_address,
)
from newsletter.web.signup.offers import Offer, find_offer
from newsletter.web.typed_form import TypedForm, parse_form
from newsletter.web.write_pool import WritePool
from subscribers.requests.model import LIVES, RequestKind
from subscribers.signup.model import SignUp
from subscribers.validation.address import Address

TOKEN, VIA = "token", "via"
# The name of the field that the widget fills in.
PROOF = "altcha"
_OWN_FORM, _EMBEDDED_FORM = "join page", "embedded form"
_ERROR_WORDS = {
    FormVerdict.EXPIRED: "error_expired",
    FormVerdict.FORGED: "error_expired",
}


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """
    A sign-up that is to be taken: the language of the email, whether new readers are welcomed, and
    the proof of work if the form asked for one. `wait_s` is how much too fast it came.
    """

    sign_up: SignUp
    language: str
    sends_welcome: bool
    proof: str | None
    wait_s: float = 0.0


class SignUpPages:
    """
    The sign-up forms of one App. The *gate* decides which of them lead to an email; *sleep* waits
    for those that came too fast.
    """

    def __init__(
        self,
        app: App,
        templates: PageTemplates,
        proof: ProofPages,
        *,
        writes: WritePool,
        gate: SignupGate,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.app = app
        self.templates = templates
        self.proof = proof
        self.writes = writes
        self.tokens = FormTokens(app.links.keys)
        self.gate = gate
        self.sleep = sleep
        self._script = (Path(__file__).parent / "join.js").read_bytes()

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        return [
            Route("/join", self.join, methods=["GET", "POST"]),
            Route("/join.js", self.script),
            Route("/join/{slug}", self.join, methods=["GET", "POST", "OPTIONS"]),
        ]

    async def join(self, request: Request) -> Response:
        """
        Show the form; on POST, take what was typed.
        """
        if request.method == "OPTIONS":
            return await run_in_threadpool(self._preflight, request)
        if request.method != "POST":
            return await run_in_threadpool(self._show, request)
        if headless.wants_json(request):
            typed, fault = headless.parse_body(request, await request.body())
            page, sign_up = await run_in_threadpool(self._check_headless, request, typed, fault)
        else:
            typed = parse_form(await request.body())
            page, sign_up = await run_in_threadpool(self._check, request, typed)
        if sign_up is None:
            return page
        if sign_up.wait_s:
            # A browser that fills the form in is as fast as a program: it waits, without a thread.
            await self.sleep(sign_up.wait_s)
        if self.gate.is_slow:
            # Nobody waits for the answers of other servers, whose time would tell about them.
            page.background = BackgroundTask(self._take, sign_up)
        else:
            await self._take(sign_up)
        return page

    def script(self, request: Request) -> Response:
        """
        Respond with the script that sends forms on other sites.
        """
        return Response(self._script, media_type="text/javascript", headers=headless.SCRIPT_HEADERS)

    def _preflight(self, request: Request) -> Response:
        offer = find_offer(self.app, request, self.templates)
        return Response(status_code=204, headers=headless.cors_headers(request, offer))

    def _check_headless(
        self, request: Request, typed: TypedForm, fault: str
    ) -> tuple[Response, _Asked | None]:
        """
        Return the JSON that answers what a page of another site sent, and the sign-up that is to be
        taken.
        """
        offer = find_offer(self.app, request, self.templates)
        answers = headless.Answers(request, offer, self.templates.words(offer.language).table)
        if answers.is_foreign:
            return answers.foreign(), None
        if fault := fault or answers.unknown(typed):
            return answers.unreadable(fault), None
        if is_trapped({HONEYPOT: typed.one(HONEYPOT)}):
            return answers.taken(), None
        checked = check_form(typed, offer.asks, offer.language)
        errors = [*_no_choice(offer, typed), *checked.errors]
        suggested = suggested_address(typed) if checked.address else ""
        if errors or suggested or checked.address is None:
            return answers.wrong(errors, suggested=suggested), None
        form = f"form on {answers.origin}"
        return answers.taken(), self._asked(request, offer, typed, checked, form)

    def _show(self, request: Request) -> Response:
        offer = find_offer(self.app, request, self.templates)
        return self._form(offer, TypedForm())

    def _check(self, request: Request, typed: TypedForm) -> tuple[Response, _Asked | None]:
        """
        Return the page that answers what was typed, and the sign-up that is to be taken.
        """
        offer = find_offer(self.app, request, self.templates)
        if is_trapped({HONEYPOT: typed.one(HONEYPOT)}):
            return self._check_inbox(offer, typed), None
        typed = with_chosen_address(typed)
        checked = check_form(typed, offer.asks, offer.language)
        errors = [*_no_choice(offer, typed), *checked.errors]
        form = _EMBEDDED_FORM if typed.one(VIA) else _OWN_FORM
        token, now = typed.one(TOKEN), self.app.clock()
        verdict = self.tokens.check(form, token, now)
        if verdict in _ERROR_WORDS:
            errors.insert(0, FormError(name="", word=_ERROR_WORDS[verdict]))
        suggested = suggested_address(typed) if checked.address else ""
        if errors or suggested or checked.address is None:
            return self._form(offer, typed, errors, suggested=suggested), None
        if verdict is FormVerdict.MISSING:
            return self._one_button(offer, typed, checked.address), None
        asked = self._asked(request, offer, typed, checked, form)
        if verdict is FormVerdict.TOO_FAST:
            asked = dataclasses.replace(asked, wait_s=self.tokens.missing_s(form, token, now))
        return self._check_inbox(offer, typed), asked

    def _asked(
        self, request: Request, offer: Offer, typed: TypedForm, checked: CheckedForm, form: str
    ) -> _Asked:
        return _Asked(
            sign_up=self._sign_up(request, offer, typed, checked, form),
            language=offer.language,
            sends_welcome=any(each.sends_welcome for each in offer.chosen(typed)),
            proof=typed.one(PROOF) if offer.needs_proof else None,
        )

    def _sign_up(
        self, request: Request, offer: Offer, typed: TypedForm, checked: CheckedForm, form: str
    ) -> SignUp:
        assert checked.address is not None
        words = self.templates.words(offer.language).table
        consent, version = consent_sentence(words, offer.newsletters)
        return SignUp(
            address=checked.address,
            lists=[each.mailing_list for each in offer.chosen(typed)],
            form=form,
            answers=checked.answers,
            language=offer.language,
            consent=consent,
            consent_version=version,
            network=client_of(request) or None,
        )

    async def _take(self, asked: _Asked) -> None:
        sign_up = asked.sign_up
        warnings = await run_in_threadpool(self.gate.warnings, sign_up.address.key)
        if warnings:
            answers = {**sign_up.answers, "warnings": list(warnings)}
            sign_up = dataclasses.replace(sign_up, answers=answers)
        stranger = StrangersRequest(
            email_key=sign_up.address.key,
            client=sign_up.network or "",
            proof=asked.proof,
            warnings=warnings,
        )

        def admit(connection: sa.Connection) -> bool:
            return self.gate.admit(connection, stranger)

        await self.writes.run(
            ask_to_join,
            self.app,
            sign_up,
            language=asked.language,
            sends_welcome=asked.sends_welcome,
            admit=admit,
        )

    def _form(
        self,
        offer: Offer,
        typed: TypedForm,
        errors: Sequence[FormError] = (),
        *,
        suggested: str = "",
    ) -> Response:
        own = offer.newsletters[0] if offer.slug else None
        hidden = [HiddenField(name=TOKEN, value=self._token(_OWN_FORM))]
        if suggested:
            hidden.append(HiddenField(name=SURE, value=typed.one(EMAIL)))
        page = JoinPage(
            newsletters=tuple(card_of(each) for each in offer.newsletters),
            form=Form(
                action=offer.path,
                hidden=tuple(hidden),
                errors=tuple(errors),
                trap=HONEYPOT,
                proof_url=self._proof_url(offer),
            ),
            email=typed.one(EMAIL),
            suggested=suggested,
            name=typed.one(NAME),
            fields=form_fields(typed, offer.asks, offer.language),
            chosen=typed.many(NEWSLETTER),
            consent=own.consent if own else "",
            consent_language=own.language if own else "",
            all_url="/join" if own else "",
        )
        name = "readers/join.html" if own else "readers/join-many.html"
        return self._page(name, offer, page, status_code=422 if errors or suggested else 200)

    def _one_button(self, offer: Offer, typed: TypedForm, address: Address) -> Response:
        """
        Ask once more, by one button, because the form was on another site.
        """
        own = offer.newsletters[0] if offer.slug else None
        # There is nothing to fill in, so the button may be pressed at once.
        token = self.tokens.token(_EMBEDDED_FORM, self.app.clock() - LEAST_AGE)
        hidden = (HiddenField(name=TOKEN, value=token), HiddenField(name=VIA, value="embedded"))
        page = ContinuePage(
            newsletters=tuple(card_of(each) for each in offer.chosen(typed)),
            form=Form(
                action=offer.path,
                hidden=(*hidden_answers(typed, offer.asks), *hidden),
                proof_url=self._proof_url(offer),
            ),
            email=address.email,
            consent=own.consent if own else "",
            consent_language=own.language if own else "",
        )
        return self._page("readers/continue.html", offer, page)

    def _check_inbox(self, offer: Offer, typed: TypedForm) -> Response:
        if offer.landing_page and not offer.held(typed):
            return RedirectResponse(offer.landing_page, 303)
        page = CheckInboxPage(
            kind=Inbox.JOIN,
            sender_name=offer.sender.name,
            sender_address=offer.sender.address,
            days=LIVES[RequestKind.JOIN].days,
            again_url=offer.path,
            held=tuple(card_of(each) for each in offer.held(typed)),
        )
        return self._page("readers/check-inbox.html", offer, page)

    def _page(self, name: str, offer: Offer, page: object, *, status_code: int = 200) -> Response:
        return self.templates.page(
            name,
            status_code,
            language=offer.language,
            brand=offer.brand,
            masthead=offer.masthead,
            languages=offer.languages,
            policy=POLICY if offer.needs_proof else "",
            lands_on=offer.landing_page,
            page=page,
        )

    def _proof_url(self, offer: Offer) -> str:
        return self.proof.script if offer.needs_proof else ""

    def _token(self, form: str) -> str:
        return self.tokens.token(form, self.app.clock())


def _no_choice(offer: Offer, typed: TypedForm) -> list[FormError]:
    """
    Return what is wrong if there is no newsletter to sign up for: none was chosen, or all are held.
    """
    if offer.chosen(typed):
        return []
    held = offer.held(typed)
    if not held:
        return [FormError(name=NEWSLETTER, word="error_newsletters")]
    name = "" if offer.slug else NEWSLETTER
    return [FormError(name=name, word="error_held", label=each.name) for each in held]
