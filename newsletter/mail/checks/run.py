"""
Run the rules on a file or an issue's mail, in the sandbox because the input is not trusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from newsletter.errors import Refused, SandboxError
from newsletter.isolation.sandbox import Sandbox
from newsletter.mail.checks.checked_mail import briefs_json
from newsletter.mail.checks.follow_links import Ask, with_link_findings
from newsletter.model.check import Facts, Finding
from newsletter.model.issue import ChosenBrief
from newsletter.model.mail import Mail
from newsletter.settings.plugins import CHECKS, declared
from subscribers.text.phrases import phrase

_CHILD = "newsletter.mail.checks.sandbox_child"
# The largest file that is read, far larger than any mail that could be sent.
_MAX_BYTES = 4 * 2**20


def check_modules() -> tuple[str, ...]:
    """
    Return the modules that the sandbox needs for the checks, with those of other packages.
    """
    return (_CHILD, *(point.module for point in declared(CHECKS).values()))


def check_mail(
    mail: Mail, briefs: Sequence[ChosenBrief] | None, facts: Facts, *, sandbox: Sandbox
) -> list[Finding]:
    """
    Check a mail that still has its marks; *briefs* is what it was rendered from.
    """
    chosen_briefs = None if briefs is None else briefs_json(briefs)
    return _run_rules(sandbox, "check_mail", mail.as_json(), chosen_briefs, facts.as_json())


def _run_rules(sandbox: Sandbox, function: str, *arguments: object) -> list[Finding]:
    lists = [point.value for point in declared(CHECKS).values()]
    findings = sandbox.call(f"{_CHILD}:{function}", *arguments, lists)
    return [Finding.unpack(values) for values in findings]


def links_of(mail: Mail, *, sandbox: Sandbox) -> list[str]:
    """
    Return the URLs that the HTML of *mail* links to.
    """
    return _links(sandbox, mail.html, "")


def check_file(
    path: Path, facts: Facts, *, sandbox: Sandbox, ask: Ask | None = None
) -> list[Finding]:
    """
    Check a file: a whole mail (`.eml`), or a page alone. With *ask*, follow its links too.

    Raises:
        Refused: the file cannot be read, is too large, or is neither.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Refused(
            phrase("cannot read {path}: {reason}", path=path, reason=error.strerror)
        ) from error
    if len(raw) > _MAX_BYTES:
        raise Refused(
            phrase(
                "{path} is larger than {limit} MB, too large for an email",
                path=path,
                limit=_MAX_BYTES // 2**20,
            )
        )
    try:
        return _check_content(path, raw, facts, sandbox=sandbox, ask=ask)
    except SandboxError as error:
        raise Refused(
            phrase(
                "cannot check {path}: it may be too large, or nested too deeply ({error})",
                path=path,
                error=error,
            )
        ) from error


def _check_content(
    path: Path, raw: bytes, facts: Facts, *, sandbox: Sandbox, ask: Ask | None
) -> list[Finding]:
    if path.suffix.lower() == ".eml":
        bytes_ = raw.decode("latin-1")
        found = _run_rules(sandbox, "check_bytes", bytes_, facts.as_json())
        urls = [] if ask is None else _links(sandbox, "", bytes_)
        return found if ask is None else with_link_findings(found, urls, facts, ask)
    if path.suffix.lower() not in (".html", ".htm"):
        raise Refused(
            phrase("{path} is not an .html or .eml file; give one, or an issue number", path=path)
        )
    try:
        page = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(
            phrase(
                "{path} is not UTF-8 at byte {start}; save it as UTF-8",
                path=path,
                start=error.start,
            )
        ) from error
    found = _run_rules(sandbox, "check_page", page, facts.as_json())
    urls = [] if ask is None else _links(sandbox, page, "")
    return found if ask is None else with_link_findings(found, urls, facts, ask)


def _links(sandbox: Sandbox, html: str, raw: str) -> list[str]:
    return [str(url) for url in sandbox.call(f"{_CHILD}:links_of", html, raw)]
