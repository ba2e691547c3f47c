"""
Make the mails to examine: each template in each case, rendered as the pipeline renders it and read
back from the bytes of a message.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from issue_samples import NONCE
from proof.cases import CASES, LETTER, NOTICE_VALUES, NOTICE_WRITINGS, READER, Case
from template_samples import WRITINGS, issue_in, site_in

from newsletter.ingest.files import read_files
from newsletter.isolation.sandbox import Sandbox
from newsletter.issues.notices import APPROVAL_NOTICE, NOTICES, NoticeSettings, compose_notice
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.mime.message import message_bytes
from newsletter.mail.render import RENDER_MODULES, fill_for_nobody, render_mail
from newsletter.model.issue import ChosenBrief, ShownAs
from newsletter.model.mail import Mail, Sender

SENDER = Sender("The Coast Brief", "news@example.org")
_INLINER = "newsletter.mail.html.inline_css:inline_css"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """
    Hold one template in one case. `raw` is the page before its styles were inlined and `inlined`
    the page after, both with placeholder marks; `eml` is a reader's message, `html` what a mail
    program finds in it.
    """

    template: str
    case: str
    subject: str
    raw: str
    inlined: str
    html: str
    eml: bytes

    @property
    def name(self) -> str:
        """
        Return a name for files.
        """
        return f"{self.template}-{self.case}".replace(" ", "-")


class NotingSandbox(Sandbox):
    """
    Run calls as the sandbox does, and keep the last page to be inlined and the result.
    """

    noted: tuple[str, str] = ("", "")

    def call(self, function: str, *arguments: Any) -> Any:
        """
        Run the call in the sandbox and keep what was inlined.
        """
        answer = super().call(function, *arguments)
        if function == _INLINER:
            self.noted = (arguments[0], answer)
        return answer


def issue_samples(
    templates: Sequence[str],
    *,
    folders: Sequence[Path] = (),
    cases: Mapping[str, Case] = CASES,
    seed: Path | None = None,
) -> Iterator[Sample]:
    """
    Return each of *templates* in each of *cases*, and with the brief in the file *seed*.
    """
    with NotingSandbox(RENDER_MODULES) as sandbox:
        for template in templates:
            for name, case in cases.items():
                mail = _issue(sandbox, template, case, folders=folders)
                yield _sample(sandbox, mail, template, name)
            if seed:
                mail = _issue(sandbox, template, Case(["full"]), folders=folders, seed=seed)
                yield _sample(sandbox, mail, template, "seed")


def notice_samples(
    notices: Sequence[str] = tuple(NOTICES), *, folders: Sequence[Path] = ()
) -> Iterator[Sample]:
    """
    Return each of *notices* in each script; the one to editors has a digest below it.
    """
    with NotingSandbox(RENDER_MODULES) as sandbox:
        for notice in notices:
            for name, writing in NOTICE_WRITINGS.items():
                mail = _notice(sandbox, notice, writing, folders=folders)
                yield _sample(sandbox, mail, notice, name)


def _issue(
    sandbox: Sandbox,
    template: str,
    case: Case,
    *,
    folders: Sequence[Path] = (),
    seed: Path | None = None,
) -> Mail:
    subject = WRITINGS[case.writing]["title"] if template == LETTER else None
    content = issue_in(case.writing, case.shown, brief=case.brief, subject=subject, sender=SENDER)
    if seed:
        chosen = ChosenBrief(brief_id=1, shown_as=ShownAs.FULL, brief=read_files([seed])[0])
        content = replace(content, briefs=(chosen,))
    return render_mail(content, template, folders=folders, sandbox=sandbox, nonce=NONCE)


def _notice(sandbox: Sandbox, notice: str, writing: str, *, folders: Sequence[Path]) -> Mail:
    head = NoticeSettings(site=site_in(writing), folders=folders, sender=SENDER)
    said = NOTICE_VALUES | _words_in(WRITINGS[writing])
    values = {key: said[key] for key in NOTICES[notice]}
    preview = None
    if notice == APPROVAL_NOTICE:
        under = CASES["digest"]
        preview = fill_for_nobody(_issue(sandbox, "digest", replace(under, writing=writing)))
    return compose_notice(head, notice, values, preview=preview, sandbox=sandbox, nonce=NONCE)


def _words_in(words: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return what a notice says that is in the language of its readers.
    """
    paragraphs = words["paragraphs"]
    message = {
        "html": "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs),
        "text": "\n\n".join(paragraphs),
    }
    return {
        "list_name": words["list_name"],
        "message_subject": words["title"],
        "message": message,
    }


def _sample(sandbox: NotingSandbox, mail: Mail, template: str, case: str) -> Sample:
    raw, inlined = sandbox.noted
    message = compile_mail(mail).fill(READER)
    eml = message_bytes(message, date=dt.datetime.now(dt.UTC))
    part = email.message_from_bytes(eml, policy=email.policy.default).get_body(("html",))
    html = part.get_content().replace("\r\n", "\n") if part else ""
    return Sample(
        template=template,
        case=case,
        subject=message.subject,
        raw=raw,
        inlined=inlined,
        html=html,
        eml=eml,
    )
