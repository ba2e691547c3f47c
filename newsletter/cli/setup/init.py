"""
`newsletter init`, `migrate` and `doctor`: set an installation up, upgrade it, check it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.session import Session, session_of, table
from newsletter.errors import NewsletterError, Refused

if TYPE_CHECKING:
    from newsletter.operations.doctor import Check
    from newsletter.operations.ready.missing import NotReady

SETTINGS = """\
# Settings of this newsletter. Every key can also be set as NEWSLETTER_SECTION__KEY.
# Paths are relative to the folder of this file.

[site]
name = "My newsletter"
base_url = "http://127.0.0.1:8000"     # the public URL of `newsletter serve`
postal_address = ""                    # in the footer of every email; most laws require one
operator = ""                          # the address that gets alerts when something needs a person
language = "en"
# templates = "templates"              # your own templates; they replace built-in ones
secret_file = "secret.key"             # signs the links in emails: back it up

# The look of the emails; docs/reference/settings.md lists every key.
# [brand]
# accent = "#b3261e"
# masthead = "#12263a"

[database]
url = "sqlite:///newsletter.db"        # or postgresql://user@host/name

[sender]
name = "My newsletter"
address = "news@example.org"           # change this: the From address of your emails
reply_to = ""

[delivery]
provider = "outbox"                    # emails are written to outbox/ beside this file
# fallback_provider = ""               # takes over if the provider accepts nothing
connections = 4                        # simultaneous calls to the provider
canary = true                          # new sending domain: 200 first, the rest 15 minutes later

# Add a section for a real provider, then set [delivery] provider to its name.
# [provider.resend]
# kind = "resend"
# api_key = "env:RESEND_API_KEY"
# webhook_secret = "env:RESEND_WEBHOOK_SECRET"   # `newsletter doctor` shows the webhook URL

[limits]
fetch_networks = []                    # private networks for sources and webhooks, with any port
fetch_ports = [80, 443]                # allowed ports of public addresses

[web]
host = "127.0.0.1"
port = 8000
"""


def init(
    context: typer.Context,
    directory: Annotated[
        str,
        typer.Argument(metavar="DIR", help="Folder for the files; created if it does not exist"),
    ],
) -> None:
    """
    Write a commented newsletter.toml and create the database (SQLite).

    Example:
        newsletter init mynews
    """
    from newsletter.actions.operations.installation import upgrade

    session = session_of(context)
    if not directory.strip():
        raise Refused("the name of the folder is empty: give one, or . for the current folder")
    config = Path(directory) / "newsletter.toml"
    if config.exists():
        raise Refused(f"{config} already exists: remove it, or choose another folder")
    made = _write_files(Path(directory), config)
    try:
        url = upgrade(config).url
    except NewsletterError:
        for path in made:
            path.unlink()
        raise
    session.show(
        {"config": str(config), "database": url},
        f"wrote {config}\ncreated {url}\nnext: set [sender] address in it, then run "
        f"`newsletter --config {config} doctor`",
    )


def _write_files(directory: Path, config: Path) -> list[Path]:
    """
    Write the settings, and the secret unless an older one is there, and return their paths.
    """
    from subscribers.tokens import new_secret

    secret = directory / "secret.key"
    made = [config] if secret.exists() else [config, secret]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if secret in made:
            secret.touch(mode=0o600)
            secret.write_text(new_secret() + "\n", encoding="ascii")
        config.write_text(SETTINGS, encoding="utf-8")
    except OSError as error:
        raise Refused(f"cannot write to {directory}: {error.strerror}") from error
    return made


def migrate(context: typer.Context) -> None:
    """
    Upgrade the database to the current schema.

    Example:
        newsletter migrate
    """
    from newsletter.actions.operations.installation import upgrade

    session = session_of(context)
    done = upgrade(session.config)
    before, after = done.before, done.after
    words = (
        f"the database is up to date, at {after}"
        if before == after
        else f"upgraded the database from {before or 'nothing'} to {after}"
    )
    session.show({"from": before, "to": after}, words)


def doctor(
    context: typer.Context,
    dns: Annotated[
        bool,
        typer.Option("--dns", help="Show the DNS records that your domains need, and look them up"),
    ] = False,
    dkim_selector: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="With --dns: a selector that your provider made; may be repeated",
            show_default="none",
        ),
    ] = None,
    return_path: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DOMAIN",
            help="With --dns: a return path that you chose there; may be repeated",
            show_default="none",
        ),
    ] = None,
    name_server: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="With --dns: the DNS server to ask",
            show_default="the system's",
        ),
    ] = None,
) -> None:
    """
    Check settings, database, provider, sender, clock and templates. The exit status is 1 if a check
    fails.

    With --dns, check instead what DNS says about the domains that you send from.

    Example:
        newsletter doctor
        newsletter doctor --dns
    """
    from newsletter.app import App
    from newsletter.cli.setup.dns_report import show_dns
    from newsletter.operations.doctor import ANSWERS_WITHIN_S, run_checks
    from newsletter.operations.ready.missing import not_ready
    from newsletter.settings import load_settings

    session = session_of(context)
    if dns:
        show_dns(
            session,
            selectors=dkim_selector or (),
            return_paths=return_path or (),
            name_server=name_server,
        )
        return
    if dkim_selector or return_path or name_server:
        raise typer.BadParameter("--dkim-selector, --return-path and --name-server need --dns")
    settings = load_settings(session.config)
    with App(settings=settings, deadline_s=ANSWERS_WITHIN_S) as app:
        checks, missing = run_checks(app), not_ready(app)
    _show_checks(session, checks, missing)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


def _show_checks(session: Session, checks: list[Check], missing: list[NotReady]) -> None:
    rows = [("ok" if check.ok else "FAILS", check.name, check.detail) for check in checks]
    shown = table(rows, ("", "check", "detail"), empty="")
    if missing:
        todo = [(each.check, each.detail, f"docs/{each.guide}.md") for each in missing]
        shown += "\n\nNot ready to send to people yet:\n" + table(
            todo, ("", "what is missing", "guide"), empty=""
        )
    session.show(
        {
            "checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in checks],
            "not_ready": [
                {"name": each.check, "detail": each.detail, "guide": f"docs/{each.guide}.md"}
                for each in missing
            ],
        },
        shown,
    )
