"""
The routes of all pages on which a draft is written and sent.
"""

from __future__ import annotations

from starlette.routing import Route

from newsletter.web.admin.issues.drafts.approval_pages import ApprovalPages
from newsletter.web.admin.issues.drafts.composer import ComposerPages
from newsletter.web.admin.issues.drafts.link_pages import LinkPages
from newsletter.web.admin.issues.drafts.new_issue import NewIssuePage
from newsletter.web.admin.issues.drafts.order_undo import OrderUndo
from newsletter.web.admin.issues.drafts.preview_pages import PreviewPages
from newsletter.web.admin.issues.drafts.send_pages import SendPages
from newsletter.web.admin.issues.drafts.test_emails import TestEmailPages
from newsletter.web.admin.routes import StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages


def draft_routes(pages: StaffPages, routes: StaffRoutes, *, composer: ComposerPages) -> list[Route]:
    """
    Return the routes of these pages. They come before that of an issue, whose number could be
    anything.
    """
    return [
        *NewIssuePage(pages, routes).routes(),
        *composer.routes(),
        *OrderUndo(pages, routes).routes(),
        *PreviewPages(pages, routes).routes(),
        *LinkPages(pages, routes).routes(),
        *TestEmailPages(pages, routes).routes(),
        *ApprovalPages(pages, routes).routes(),
        *SendPages(pages, routes).routes(),
    ]
