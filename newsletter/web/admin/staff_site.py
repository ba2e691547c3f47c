"""
All pages for staff of one App.
"""

from __future__ import annotations

from starlette.routing import Route

from newsletter.access.passwords import MOST_AT_ONCE
from newsletter.app import App
from newsletter.web.admin.account.account_pages import AccountPages
from newsletter.web.admin.account.factor_pages import FactorPages
from newsletter.web.admin.briefs.add_to_draft import AddToDraftPages
from newsletter.web.admin.briefs.brief import BriefPages
from newsletter.web.admin.briefs.inbox import InboxPages
from newsletter.web.admin.briefs.join import JoinBriefsPages
from newsletter.web.admin.briefs.pasted import PastedTextPages
from newsletter.web.admin.briefs.picks import PicksPart
from newsletter.web.admin.briefs.written import WritingPages
from newsletter.web.admin.help.pages import HelpPage
from newsletter.web.admin.imports.imports_site import import_routes
from newsletter.web.admin.issues.again import AgainPages
from newsletter.web.admin.issues.drafts.composer import ComposerPages
from newsletter.web.admin.issues.drafts.draft_routes import draft_routes
from newsletter.web.admin.issues.issue import IssuePage
from newsletter.web.admin.issues.issue_list import IssueListPage
from newsletter.web.admin.issues.readers import IssueReadersPage
from newsletter.web.admin.issues.sending_forms import SendingForms
from newsletter.web.admin.issues.sent_email import SentEmailPage
from newsletter.web.admin.issues.visitors import VisitorsPart
from newsletter.web.admin.login.link_pages import StaffLinkPages
from newsletter.web.admin.login.login_pages import LoginPages
from newsletter.web.admin.login.oidc_pages import OidcPages
from newsletter.web.admin.not_found import NotFoundPage
from newsletter.web.admin.people.room import people_routes
from newsletter.web.admin.routes import StaffRoutes
from newsletter.web.admin.schedules.schedules_site import schedule_routes
from newsletter.web.admin.settings.settings_site import settings_routes
from newsletter.web.admin.sources.new_source import NewSourcePages
from newsletter.web.admin.sources.sources import SourcePages
from newsletter.web.admin.staff_pages import StaffPages
from newsletter.web.admin.today.pages import TodayPages
from newsletter.web.admin.today.stop_pages import StopPages
from newsletter.web.page.static_files import StaticFiles
from newsletter.web.write_pool import WritePool

# Behind more than this, a request would wait for seconds.
MOST_WAITING = 50


def staff_routes(app: App, files: StaticFiles, *, writes: WritePool) -> list[Route]:
    """
    Return the routes of all pages for staff, whose scripts and style are among *files*.
    """
    pages = StaffPages(app, files)
    routes = StaffRoutes(pages, writes=writes)
    # Their own threads, so that a flood of log-ins delays nobody else.
    hashing = WritePool(MOST_AT_ONCE, MOST_WAITING)
    composer = ComposerPages(pages, routes)
    return [
        *TodayPages(pages, routes).routes(),
        *StopPages(pages, routes).routes(),
        *IssueListPage(pages, routes).routes(),
        *draft_routes(pages, routes, composer=composer),
        *VisitorsPart(pages, routes).routes(),
        *IssuePage(pages, routes, composer=composer).routes(),
        *InboxPages(pages, routes).routes(),
        *WritingPages(pages, routes).routes(),
        *PastedTextPages(pages, routes).routes(),
        *JoinBriefsPages(pages, routes).routes(),
        *AddToDraftPages(pages, routes).routes(),
        *PicksPart(pages, routes).routes(),
        *BriefPages(pages, routes).routes(),
        *import_routes(pages, routes),
        *people_routes(pages, routes),
        *NewSourcePages(pages, routes, waiting=WritePool(2, 20)).routes(),
        *SourcePages(pages, routes).routes(),
        *IssueReadersPage(pages, routes).routes(),
        *SentEmailPage(pages, routes).routes(),
        *SendingForms(pages, routes).routes(),
        *AgainPages(pages, routes).routes(),
        *LoginPages(pages, routes, hashing=hashing).routes(),
        *OidcPages(pages, routes).routes(),
        *StaffLinkPages(pages, routes, hashing=hashing).routes(),
        *AccountPages(pages, routes, hashing=hashing).routes(),
        *FactorPages(pages, routes).routes(),
        *settings_routes(pages, routes),
        *schedule_routes(pages, routes),
        *HelpPage(pages, routes).routes(),
        *NotFoundPage(pages, routes).routes(),
    ]
