"""
Which page of the documentation helps on which pages of the newsroom.
"""

from __future__ import annotations

# The first beginning of a path that fits counts.
GUIDES = (
    ("/admin/account", "guides/staff#log-in"),
    ("/admin/audit", "guides/audit"),
    ("/admin/briefs", "guides/schedules#choose-which-briefs-appear"),
    ("/admin/exports", "guides/import-export"),
    ("/admin/fields", "guides/lists#declare-fields"),
    ("/admin/health", "guides/dns"),
    ("/admin/imports", "guides/import-export"),
    ("/admin/issues", "guides/manual-sends"),
    ("/admin/lists", "guides/lists"),
    ("/admin/people", "guides/subscribers"),
    ("/admin/requests", "guides/gdpr"),
    ("/admin/schedules", "guides/schedules"),
    ("/admin/segments", "guides/segments"),
    ("/admin/settings", "guides/lists"),
    ("/admin/sources", "guides/sources/index"),
    ("/admin/staff", "guides/staff"),
    ("/admin/stop", "guides/failure-behaviour"),
    ("/admin/suppressions", "guides/subscribers"),
    ("/admin/tags", "guides/subscribers"),
    ("/admin/tokens", "guides/api#make-a-token"),
    ("/admin/webhooks", "guides/outgoing-webhooks"),
)


def guide_for(path: str) -> str:
    """
    Return the page, with the section, that helps on the page at *path*; empty if none does.
    """
    return next((guide for begin, guide in GUIDES if path.startswith(begin)), "")


# What helps with the sections of newsletter.toml.
SETTINGS_GUIDES = {
    "site": "tutorials/first-newsletter",
    "brand": "guides/lists#give-it-a-look-and-an-address",
    "database": "guides/postgresql",
    "sender": "guides/dns",
    "delivery": "explanation/delivery",
    "limits": "explanation/rate-limits",
    "images": "guides/sources/full-text-and-images",
    "web": "guides/behind-a-proxy",
    "signup": "guides/sign-up-form",
    "login": "guides/staff#log-in-with-openid-connect",
    "audit": "guides/audit",
    "api": "guides/api#limits",
    "log": "guides/log",
    "provider": "guides/providers/index",
}
