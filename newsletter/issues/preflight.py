"""
Check a mail before it is sent: gather the facts, and run the rules of `mail.checks` in the sandbox.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from newsletter.delivery.freeze import count_audience
from newsletter.errors import MergeError, Refused, SandboxError, TemplateError
from newsletter.isolation.sandbox import Sandbox
from newsletter.issues.context import PublishingContext
from newsletter.issues.link_check import Ask, follow, follow_own
from newsletter.issues.rendering import RenderedIssue, render_for_release
from newsletter.mail.checks.checked_mail import briefs_json
from newsletter.model.brief import Brief
from newsletter.model.check import Facts, Finding, Level, of_level
from newsletter.model.image import STORED
from newsletter.model.issue import ChosenBrief, Issue, IssueKind, IssueState
from newsletter.model.mail import Mail
from newsletter.store.content import sent_briefs
from newsletter.store.content.images import find_images
from newsletter.store.issues import issues
from newsletter.store.issues.preflight import is_tested, load_check, readers_before, store_check
from newsletter.store.scheduling import schedules

CHECK_MODULES = ("newsletter.mail.checks.sandbox_child",)
_CHILD = CHECK_MODULES[0]
# What a file may be at most: far more than any mail that could be sent.
_MOST_BYTES = 4 * 2**20
# The freeze refuses an empty audience and a second send itself, in one transaction with the rest.
_FREEZE_DECIDES = frozenset({"audience", "once"})
_LEFT = frozenset({IssueState.SENDING, IssueState.PAUSED, IssueState.SUBMITTED})


def check_file(
    path: Path, facts: Facts, *, sandbox: Sandbox, ask: Ask | None = None
) -> list[Finding]:
    """
    Check a file: a whole mail (`.eml`), or a page alone. With *ask* its links are followed.

    Raises:
        Refused: it cannot be read, is too large, or is neither.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Refused(f"cannot read {path}: {error.strerror}") from error
    if len(raw) > _MOST_BYTES:
        raise Refused(f"{path}: larger than {_MOST_BYTES // 2**20} MB; no such mail is sent")
    try:
        return _check_content(path, raw, facts, sandbox=sandbox, ask=ask)
    except SandboxError as error:
        raise Refused(
            f"{path} cannot be looked over: is it too large, or nested too deep? ({error})"
        ) from error


def _check_content(
    path: Path, raw: bytes, facts: Facts, *, sandbox: Sandbox, ask: Ask | None
) -> list[Finding]:
    if path.suffix.lower() == ".eml":
        bytes_ = raw.decode("latin-1")
        found = _run_rules(sandbox, "look_at_bytes", bytes_, facts.as_json())
        return (
            found
            if ask is None
            else _with_link_findings(found, _links(sandbox, "", bytes_), facts, ask)
        )
    if path.suffix.lower() not in (".html", ".htm"):
        raise Refused(f"{path}: name an issue's number, an .html or an .eml file")
    try:
        page = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    found = _run_rules(sandbox, "look_at_page", page, facts.as_json())
    return (
        found if ask is None else _with_link_findings(found, _links(sandbox, page, ""), facts, ask)
    )


def check_issue(
    context: PublishingContext, issue_id: int, *, ask: Ask | None = None
) -> list[Finding]:
    """
    Check an issue as it would be sent now. With *ask* its links are followed.

    Raises:
        NotFound: there is no such issue.
        Refused: it is a notice, or a test mail.
    """
    with context.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
    if issue.kind is not IssueKind.ISSUE:
        raise Refused(f"{issue_id} is a {issue.kind}: only an issue is looked over")
    rendered, found = render_and_check(context, issue)
    if ask is None or rendered is None:
        return found
    facts = Facts(
        base_url=context.site.base_url, reaches_people=context.reaches_people(issue.provider)
    )
    return _with_link_findings(found, _links(context.sandbox, rendered.mail.html, ""), facts, ask)


def render_and_check(
    context: PublishingContext, issue: Issue
) -> tuple[RenderedIssue | None, list[Finding]]:
    """
    Render *issue* as it would be sent now, and check the mail.

    Return the rendering, which can be released, and what was found. If it cannot be rendered, that
    is an error among the findings, and there is no rendering.
    """
    try:
        rendered = render_for_release(context, issue)
    except (TemplateError, SandboxError) as error:
        return None, [Finding("rendering", Level.ERROR, str(error), "template")]
    except MergeError as error:
        return None, [Finding("marks", Level.ERROR, str(error), "merge fields")]
    return rendered, check_rendered(context, issue, rendered.mail)


@dataclass(frozen=True, kw_only=True)
class SendCheck:
    """
    An issue that a person wants to send, rendered and checked. Where its mail reaches people, its
    warnings `need_override`: a reason why it leaves all the same.

    `rendered` is None for a test mail, which is rendered and checked when it leaves.
    """

    issue: Issue
    rendered: RenderedIssue | None = None
    warnings: Sequence[Finding] = ()
    need_override: bool = False


def check_before_send(context: PublishingContext, issue: Issue) -> SendCheck:
    """
    Render and check an issue that a person wants to send.

    Raises:
        Refused: it has errors.
    """
    if issue.kind is not IssueKind.ISSUE:
        return SendCheck(issue=issue)
    rendered, found = render_and_check(context, issue)
    if errors := of_level(found, Level.ERROR):
        raise Refused(refusal(issue.id, errors))
    warnings = of_level(found, Level.WARNING)
    reaches_people = context.reaches_people(issue.provider)
    return SendCheck(
        issue=issue,
        rendered=rendered,
        warnings=warnings,
        need_override=bool(warnings) and reaches_people,
    )


def _links(sandbox: Sandbox, html: str, raw: str) -> list[str]:
    return [str(url) for url in sandbox.call(f"{_CHILD}:links_of", html, raw)]


def _with_link_findings(
    found: Sequence[Finding], urls: Sequence[str], facts: Facts, ask: Ask
) -> list[Finding]:
    """
    Add to *found* what following the links finds. Our own pages exist only once the issue is
    frozen, so of these only the unsubscribe page is asked for.
    """
    others = [url for url in urls if not url.startswith(f"{facts.base_url}/")]
    own = follow_own(facts.base_url, ask)
    if not facts.reaches_people:
        own = [replace(finding, level=Level.WARNING) for finding in own]
    asked = {"links", "one-click"}
    others_found = [f for f in found if f.level is not Level.NOT_RUN or f.rule not in asked]
    return [*others_found, *follow(others, ask), *own]


def check_rendered(context: PublishingContext, issue: Issue, mail: Mail) -> list[Finding]:
    """
    Check the *mail* that an issue was rendered to.
    """
    with context.database.read() as connection:
        briefs = _with_copied_images(connection, issues.chosen_briefs(connection, issue.content_id))
        facts = _facts_of(context, connection, issue)
    return check_mail(mail, briefs, facts, sandbox=context.sandbox)


def _with_copied_images(
    connection: sa.Connection, briefs: Sequence[ChosenBrief]
) -> tuple[ChosenBrief, ...]:
    """
    Replace the address of each brief's image by that of our copy, if we serve one.
    """
    addresses = [one.brief.image_url for one in briefs if one.brief.image_url]
    known = find_images(connection, addresses)
    copied = {a: STORED + picture.id for a, picture in known.items() if picture.is_copied}

    def served(brief: Brief) -> Brief:
        return replace(brief, image_url=copied.get(brief.image_url or "", brief.image_url))

    return tuple(replace(one, brief=served(one.brief)) for one in briefs)


def run_preflight(
    context: PublishingContext, issue: Issue, mail: Mail, *, override_reason: str | None
) -> None:
    """
    Check the *mail* of an issue about to be released, and store what was found with the issue.

    *override_reason* is why it is sent with warnings. Without one, warnings stop an issue that
    would reach people.

    Raises:
        Refused: there are errors, or warnings without an override reason.
    """
    found = [
        each for each in check_rendered(context, issue, mail) if each.level is not Level.NOT_RUN
    ]
    errors = [each for each in of_level(found, Level.ERROR) if each.rule not in _FREEZE_DECIDES]
    warnings = of_level(found, Level.WARNING)
    with context.database.write() as connection:
        store_check(
            connection, issue.id, found, override_reason=override_reason, now=context.clock()
        )
    if errors:
        # A test mail is mended in the issue it shows.
        raise Refused(refusal(issue.content_id, errors))
    is_asked = issue.kind is IssueKind.ISSUE and context.reaches_people(issue.provider)
    if warnings and is_asked and override_reason is None:
        raise Refused(
            f"issue {issue.id} has {len(warnings)} warnings: `newsletter check {issue.id}` lists "
            "them; mend them, or send it with --despite and your reason"
        )


def default_override(context: PublishingContext, issue: Issue) -> str | None:
    """
    Return why an issue that no person sends just now may be sent with warnings: what its schedule
    or the approval says, or else the reason a person gave earlier.
    """
    if issue.schedule_id is not None and issue.state is IssueState.FREEZING:
        return issue.pause_reason or "its schedule sends by itself"
    with context.database.read() as connection:
        kept = load_check(connection, issue.id)
    return kept.override_reason if kept else None


def refusal(issue_id: int, errors: Sequence[Finding]) -> str:
    """
    Say in one line why an issue with *errors* is not sent.
    """
    first, more = errors[0], len(errors) - 1
    others = f", and {more} more" if more else ""
    return (
        f"issue {issue_id} is not fit to be sent: {first.rule}: {first.message}{others}; "
        f"`newsletter check {issue_id}` says where"
    )


def _facts_of(context: PublishingContext, connection: sa.Connection, issue: Issue) -> Facts:
    facts = Facts(
        kind=issue.kind,
        reaches_people=context.reaches_people(issue.provider),
        base_url=context.site.base_url,
        postal_address=context.site.postal_address,
        today=context.clock().date(),
    )
    # A test mail shows an issue to whoever made it: its readers are asked about when it leaves.
    return facts if issue.kind is IssueKind.TEST else _with_audience(connection, issue, facts)


def _with_audience(connection: sa.Connection, issue: Issue, facts: Facts) -> Facts:
    rule = schedules.load_schedule(connection, issue.schedule_id) if issue.schedule_id else None
    may_repeat = issue.audience.sent_to_issue is not None or (rule is not None and rule.repeat)
    sent = set() if may_repeat else sent_briefs.sent_before(connection, issue)
    return replace(
        facts,
        readers=count_audience(connection, issue.audience),
        readers_before=readers_before(connection, issue),
        sent_briefs=tuple(sorted(sent)),
        is_scheduled=issue.schedule_id is not None,
        has_left=str(issue.state) if issue.state in _LEFT else None,
        is_tested=issue.slot is not None or is_tested(connection, issue.id),
    )


def check_mail(
    mail: Mail, briefs: Sequence[ChosenBrief] | None, facts: Facts, *, sandbox: Sandbox
) -> list[Finding]:
    """
    Check a mail with its marks; *briefs* is what it was rendered from.
    """
    made_of = None if briefs is None else briefs_json(briefs)
    return _run_rules(sandbox, "look_at_mail", mail.as_json(), made_of, facts.as_json())


def _run_rules(sandbox: Sandbox, function: str, *arguments: object) -> list[Finding]:
    answer = sandbox.call(f"{_CHILD}:{function}", *arguments)
    return [Finding.from_json(values) for values in answer]
