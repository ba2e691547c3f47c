"""
All pages of the settings of one App.
"""

from __future__ import annotations

from starlette.routing import Route

from newsletter.web.admin.routes import StaffRoutes
from newsletter.web.admin.settings.access.audit import AuditPages
from newsletter.web.admin.settings.access.members import MemberPages
from newsletter.web.admin.settings.access.tokens import TokenPages
from newsletter.web.admin.settings.health.health import InstallationPages
from newsletter.web.admin.settings.lists.ask_again import AskAgainPages
from newsletter.web.admin.settings.lists.list_acts import ListActs
from newsletter.web.admin.settings.lists.list_logo import ListLogoForm
from newsletter.web.admin.settings.lists.list_pages import ListSettingsPages
from newsletter.web.admin.settings.lists.list_readers import ListReadersPages
from newsletter.web.admin.settings.lists.sample import ListSamplePages
from newsletter.web.admin.settings.menu import SettingsPages
from newsletter.web.admin.settings.overview import SettingsOverview
from newsletter.web.admin.settings.webhooks.webhook import WebhookPages
from newsletter.web.admin.settings.webhooks.webhook_list import WebhookListPages
from newsletter.web.admin.staff_pages import StaffPages


def settings_routes(pages: StaffPages, routes: StaffRoutes) -> list[Route]:
    """
    Return the routes of all pages of the settings.
    """
    settings = SettingsPages(pages)
    return [
        *SettingsOverview(settings, routes).routes(),
        *ListSettingsPages(settings, routes).routes(),
        *ListSamplePages(settings, routes).routes(),
        *ListReadersPages(settings, routes).routes(),
        *AskAgainPages(settings, routes).routes(),
        *ListActs(settings, routes).routes(),
        *ListLogoForm(settings, routes).routes(),
        *MemberPages(settings, routes).routes(),
        *TokenPages(settings, routes).routes(),
        *WebhookListPages(settings, routes).routes(),
        *WebhookPages(settings, routes).routes(),
        *AuditPages(settings, routes).routes(),
        *InstallationPages(settings, routes).routes(),
    ]
