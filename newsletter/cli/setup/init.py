"""
`newsletter init`, `migrate` and `doctor`: a place to start, and whether it is in order.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.session import Session, session_of, table
from newsletter.errors import NewsletterError, Refused

if TYPE_CHECKING:
    from newsletter.operations.doctor import Check

SETTINGS = """\
# Settings of this newsletter. Every key can also be set as NEWSLETTER_SECTION__KEY.
# Relative paths start at this file's folder.

[site]
name = "My newsletter"
base_url = "http://127.0.0.1:8000"     # where readers reach `newsletter serve`
postal_address = ""                    # printed at the foot of every mail; the law wants one
operator = ""                          # an address that is told when something needs a person
language = "en"
# templates = "templates"              # your own templates, searched before the built-in ones
secret_file = "secret.key"             # signs the links in mails: keep it, back it up

# The look of emails; every key: docs/reference/template-variables.md, under Brand.
# [brand]
# accent = "#b3261e"
# masthead = "#12263a"

[database]
url = "sqlite:///newsletter.db"        # or postgresql://user@host/name

[sender]
name = "My newsletter"
address = "news@example.org"           # change this: it is the From of every mail
reply_to = ""

[delivery]
provider = "outbox"                    # mails go to the folder outbox/ beside this file
# fallback_provider = ""               # goes on with an issue when that one takes nothing
connections = 4                        # calls that hand mails over at once
canary = true                          # new sending domain: 200 first, the rest 15 minutes later

# A real provider is one block; then set [delivery] provider to its name.
# [provider.resend]
# kind = "resend"
# api_key = "env:RESEND_API_KEY"
# webhook_secret = "env:RESEND_WEBHOOK_SECRET"   # `newsletter doctor` shows the webhook's address

[limits]
fetch_networks = []                    # private networks feeds may be fetched from, on any port
fetch_ports = [80, 443]                # ports of public addresses

[web]
host = "127.0.0.1"
port = 8000
"""


def init(
    context: typer.Context,
    directory: Annotated[str, typer.Argument(help="The folder to make, or an empty one.")],
) -> None:
    """
    Write a commented newsletter.toml (SQLite, outbox) and create the database.

    Example: newsletter init mynews
    """
    from newsletter.actions.installation import upgrade

    session = session_of(context)
    if not directory.strip():
        raise Refused("the folder has no name: write one, or . for the folder you are in")
    config = Path(directory) / "newsletter.toml"
    if config.exists():
        raise Refused(f"{config} is there already: remove it, or choose another folder")
    made = _write_files(Path(directory), config)
    try:
        url = upgrade(config).url
    except NewsletterError:
        for path in made:
            path.unlink()
        raise
    session.show(
        {"config": str(config), "database": url},
        f"wrote {config}\nmade {url}\nnext: set [sender] address, then "
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
    Bring the database to the current schema.

    Example: newsletter migrate
    """
    from newsletter.actions.installation import upgrade

    session = session_of(context)
    done = upgrade(session.config)
    before, after = done.before, done.after
    words = f"already at {after}" if before == after else f"from {before or 'nothing'} to {after}"
    session.show({"from": before, "to": after}, words)


def doctor(context: typer.Context) -> None:
    """
    Check settings, database, provider, sender, clock and templates. Status 1 when one fails.

    Example: newsletter doctor
    """
    from newsletter.app import App
    from newsletter.operations.doctor import ANSWERS_WITHIN_S, run_checks
    from newsletter.settings import load_settings

    session = session_of(context)
    settings = load_settings(session.config)
    with App(settings=settings, deadline_s=ANSWERS_WITHIN_S) as app:
        checks = run_checks(app)
    _show_checks(session, checks)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


def _show_checks(session: Session, checks: list[Check]) -> None:
    rows = [("ok" if check.ok else "FAILS", check.name, check.detail) for check in checks]
    session.show(
        {"checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in checks]},
        table(rows, ("", "check", "detail")),
    )
