"""
Check that this installation works, one check for each thing that can be wrong. Checks change
nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa

from newsletter.app import App
from newsletter.errors import NewsletterError
from newsletter.ingest.parse_items import read_items
from newsletter.mail.checks.unsubscribe import LONGEST_FOLDED
from newsletter.mail.templating.files import gather_pages, gather_templates, template_names
from newsletter.mail.templating.translations import (
    PAGE_WORDS,
    languages_of,
    read_translations,
)
from newsletter.model.access import Role
from newsletter.model.brief import MediaType, RawItem, ReadingRules
from newsletter.model.delivery import SelfCheck, batch_size
from newsletter.model.staff import MemberState
from newsletter.model.staff_words import staff_words
from newsletter.operations.clock_watch import ClockWatch
from newsletter.operations.list_check import check_lists
from newsletter.operations.mailbox_check import check_bounces, check_unsubscribe_emails
from newsletter.operations.postal_check import check_postal_address
from newsletter.operations.restore_guard import require_same_keys
from newsletter.operations.webhook_check import check_webhooks
from newsletter.settings import plugins
from newsletter.settings.signing_secret import is_exposed
from newsletter.store.access.members import all_members
from newsletter.store.content.sources import all_sources
from newsletter.store.database import OLDEST_SQLITE
from newsletter.store.events.account_reputation import warnings
from newsletter.store.flow_control.kill_switch import active_stop
from newsletter.store.migrate import require_current
from newsletter.store.operations.alerts import failing_sources
from newsletter.store.operations.database_identity import recorded_keys
from newsletter.store.queue.jobs import has_jobs
from newsletter.store.queue.tables import has_queue_schema
from subscribers.text.phrases import joined, phrase

# A clock that shows a time before this program was written is wrong.
EARLIEST_CLOCK = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
# Shorter than for a submission, because somebody is waiting and no mail is at stake.
ANSWERS_WITHIN_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Check:
    """
    The result of one check. `detail` says what was found, and what to do about a problem.
    """

    name: str
    ok: bool
    detail: str


def run_checks(app: App) -> list[Check]:
    """
    Run every check, in the order in which problems should be fixed.
    """
    checks = {
        "settings": _settings,
        "plug-ins": _plugins,
        "reading": _reading,
        "secret": _secret,
        "database": _database,
        "queue": _queue,
        "kill switch": _kill_switch,
        "provider": _provider,
        "fallback provider": _fallback_provider,
        "webhooks": check_webhooks,
        "bounces": check_bounces,
        "unsubscribe emails": check_unsubscribe_emails,
        "reputation": _reputation,
        "sender": _sender,
        "base_url": _base_url,
        "proxies": _proxies,
        "metrics": _metrics,
        "staff": _staff,
        "postal_address": check_postal_address,
        "clock": _clock,
        "templates": _templates,
        "lists": check_lists,
        "sources": _sources,
    }
    return _named_once([_run(name, check, app) for name, check in checks.items()])


def _named_once(checks: Sequence[Check]) -> list[Check]:
    """
    Let a check that failed for the same reason as one before point to that one.
    """
    first: dict[str, str] = {}
    named = []
    for check in checks:
        cause = check.name if check.ok else first.setdefault(check.detail, check.name)
        if cause != check.name:
            check = replace(check, detail=phrase("not checked: see {check}", check=cause))
        named.append(check)
    return named


def _run(name: str, check: Callable[[App], str], app: App) -> Check:
    try:
        return Check(name=name, ok=True, detail=check(app))
    except NewsletterError as error:
        return Check(name=name, ok=False, detail=str(error))


def _settings(app: App) -> str:
    return phrase("newsletter.toml in {folder}", folder=app.settings.folder)


def _plugins(app: App) -> str:
    """
    Load what packages from outside declare, and name those that are broken.
    """
    found, broken = plugins.from_outside(), []
    for group, point in found:
        try:
            declared = point.load()
            if place := getattr(declared, "opener", None):
                plugins.function_at(place)
        # A package from outside can raise anything while it is imported.
        except Exception as error:
            is_ours = isinstance(error, NewsletterError)
            why = str(error) if is_ours else plugins.last_line(error)
            kind = group.removeprefix("newsletter.")
            package = plugins.package_of(point)
            broken.append(
                phrase(
                    "{name} of package {package} ({kind}) is broken: {why}",
                    name=point.name,
                    package=package,
                    kind=kind,
                    why=why,
                )
            )
    if broken:
        advice = phrase("install that package again, or uninstall it")
        raise NewsletterError(joined("; ", [*broken, advice]))
    names = ", ".join(sorted({plugins.package_of(point) for _, point in found}))
    return phrase("loaded: {names}", names=names) if names else phrase("none installed")


def _reading(app: App) -> str:
    """
    Parse a page in the child process that parses all content.
    """
    page = RawItem(key="doctor", content=_PAGE, media_type=MediaType.HTML)
    (brief,) = read_items(app.reading_sandbox, [page], ReadingRules())
    if isinstance(brief, str):
        raise NewsletterError(
            phrase("no brief can be read: {why}; install the program again", why=brief)
        )
    return phrase("pages and briefs can be read")


_PAGE = "<html lang=en><title>Quay</title><article><h1>Quay</h1><p>The ferries stay.</p></article>"


def _secret(app: App) -> str:
    app.links.unsubscribe(1)
    if is_exposed(app.settings):
        raise NewsletterError(phrase("other users can read the secret file: run chmod 600 on it"))
    return phrase("exists, and only its owner can read it")


def _database(app: App) -> str:
    require_current(app.database)
    app.database.require_space()
    with app.database.write() as connection:
        version = connection.execute(sa.text(_VERSION[connection.dialect.name])).scalar_one()
    product = f"{app.database.engine.dialect.name} {str(version).split()[0]}"
    found = phrase("{product}, current and writable", product=product)
    if app.database.file is None:
        return found
    oldest = ".".join(map(str, OLDEST_SQLITE))
    return joined("; ", [found, phrase("SQLite {version} or newer is supported", version=oldest)])


_VERSION = {"sqlite": "SELECT sqlite_version()", "postgresql": "SHOW server_version"}


def _queue(app: App) -> str:
    with app.database.read() as connection:
        if not has_jobs(connection):
            return phrase(
                "none needed: on SQLite the worker takes batches from the database, on this machine"
            )
        if not has_queue_schema(connection):
            raise NewsletterError(
                phrase("the schema procrastinate is missing: run `newsletter migrate` to create it")
            )
    return phrase("ready: any number of machines may run `newsletter worker`")


def _kill_switch(app: App) -> str:
    with app.database.read() as connection:
        require_same_keys(recorded_keys(connection), app.signing_keys)
        stop = active_stop(connection)
    if stop is not None:
        raise NewsletterError(str(stop))
    return phrase("off")


def _provider(app: App) -> str:
    return _describe_provider(app, app.settings.delivery.provider)


def _fallback_provider(app: App) -> str:
    name = app.settings.fallback_provider(None)
    if name is None:
        return phrase("none: an issue waits until its provider accepts email again")
    after_s = app.settings.delivery.failover_after_s
    found = _describe_provider(app, name)
    takes_over = phrase(
        "takes over when the first has accepted nothing for {seconds} s", seconds=after_s
    )
    return joined("; ", [found, takes_over])


def _describe_provider(app: App, name: str) -> str:
    provider = app.provider_named(name)
    own = app.settings.provider_named(name)
    folder = app.settings.path(own.folder or Path("outbox"))
    if own.kind == "outbox" and folder.exists() and not folder.is_dir():
        raise NewsletterError(
            phrase("{folder} is a file, not a folder: move it away", folder=folder)
        )
    most = batch_size(provider.capabilities, 1)
    found = phrase("{name}, up to {number} recipients a call", name=name, number=most)
    return joined("; ", [found, provider.check()]) if isinstance(provider, SelfCheck) else found


def _reputation(app: App) -> str:
    with app.database.read() as connection:
        found = warnings(connection, now=app.clock())
    if found:
        raise NewsletterError(
            phrase(
                "{found}: check where these addresses came from",
                found=joined("; ", map(str, found)),
            )
        )
    return phrase(
        "less than 2 % bounces and 0.08 % complaints in 7 days, as far as providers reported"
    )


def _sender(app: App) -> str:
    sender = app.settings.default_sender
    if not sender.address:
        raise NewsletterError(phrase("[sender] address is missing: set the From address of emails"))
    return f"{sender.name} <{sender.address}>"


def _base_url(app: App) -> str:
    url = urlsplit(app.site.base_url)
    is_here = url.hostname in ("127.0.0.1", "localhost", "::1")
    if url.scheme != "https" and not is_here:
        raise NewsletterError(
            phrase("[site] base_url must be https: one-click unsubscribe (RFC 8058) needs it")
        )
    header = f"<{app.links.unsubscribe(10**9)}>"
    if len(header) > LONGEST_FOLDED:
        raise NewsletterError(
            phrase(
                "[site] base_url is too long: it makes unsubscribe links of {number} "
                "characters, and {limit} is the maximum",
                number=len(header),
                limit=LONGEST_FOLDED,
            )
        )
    address = app.site.base_url
    return (
        phrase("{address} (only this machine can reach it)", address=address)
        if is_here
        else address
    )


def _proxies(app: App) -> str:
    proxies = app.settings.web.proxies
    if proxies:
        return phrase(
            "believes what {proxies} says about where requests come from",
            proxies=", ".join(proxies),
        )
    if app.site.base_url.startswith("https://"):
        return phrase(
            "none; add the web server in front to [web] proxies, or it counts as one reader"
        )
    return phrase("none")


def _metrics(app: App) -> str:
    web = app.settings.web
    if web.metrics_token is None:
        return phrase("closed; [web] metrics_token opens them")
    if not app.settings.secret(web.metrics_token):
        raise NewsletterError(phrase("[web] metrics_token is empty: nobody can read them"))
    return phrase(
        "with the token, from {networks}", networks=", ".join(map(str, web.metrics_networks))
    )


def _staff(app: App) -> str:
    with app.database.read() as connection:
        members = all_members(connection)
    owners = [each for each in members if each.role is Role.OWNER and each.is_active]
    invited = sum(each.state is MemberState.INVITED for each in members)
    if members and not owners:
        raise NewsletterError(
            phrase("nobody is an owner: run `newsletter staff invite ADDRESS --role owner --link`")
        )
    if not owners:
        return phrase(
            "none yet; `newsletter serve` on a terminal prints where the first owner logs in"
        )
    unsafe = sum(not each.has_second_factor for each in owners)
    return staff_words(len(members), owners=len(owners), unsafe=unsafe, invited=invited)


def _clock(app: App) -> str:
    now = app.clock()
    if now < EARLIEST_CLOCK:
        raise NewsletterError(
            phrase("this machine's clock says {now}: set it", now=f"{now:%Y-%m-%d}")
        )
    problem = ClockWatch().problem(now, 0.0, app.database.clock)
    if problem is not None:
        raise NewsletterError(problem)
    return f"{now:%Y-%m-%d %H:%M} UTC"


def _sources(app: App) -> str:
    with app.database.read() as connection:
        failing = failing_sources(connection)
        count = len(all_sources(connection))
    if failing:
        names = [joined(" ", [each.source.name, str(each.problem)]) for each in failing]
        raise NewsletterError(joined("; ", names))
    found = phrase("{number}, none held and none failing", number=count)
    return found if count else phrase("none yet")


def _templates(app: App) -> str:
    own = app.settings.site.templates
    if own is not None and not app.settings.path(own).is_dir():
        raise NewsletterError(
            phrase(
                "[site] templates {folder} is not a folder: create it, or remove the key",
                folder=own,
            )
        )
    issues, notices = (_gather(app, kind) for kind in ("issue", "notice"))
    folders = app.settings.template_folders
    gather_pages(folders)
    read_translations(folders, app.site.language)
    for language in languages_of(folders, PAGE_WORDS):
        read_translations(folders, language, PAGE_WORDS)
    found = [", ".join(issues), phrase("notices {names}", names=", ".join(notices))]
    return joined("; ", [*found, phrase("{folder} first", folder=own)] if own else found)


def _gather(app: App, kind: str) -> tuple[str, ...]:
    names = template_names(app.settings.template_folders, kind=kind)
    for name in names:
        gather_templates(app.settings.template_folders, name, kind=kind)
    return names
