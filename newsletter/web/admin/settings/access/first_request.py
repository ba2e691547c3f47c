"""
A request for the first try of a token, ready to be run.
"""

from __future__ import annotations

from collections.abc import Collection

from newsletter.model.access import Permission

# What a scope reads, the most useful first.
READS = (
    (Permission.PEOPLE_READ, "subscribers"),
    (Permission.LISTS_READ, "lists"),
    (Permission.ISSUES_READ, "issues"),
    (Permission.BRIEFS_READ, "briefs"),
    (Permission.SCHEDULES_READ, "schedules"),
    (Permission.SOURCES_READ, "sources"),
    (Permission.SEGMENTS_READ, "segments"),
    (Permission.FIELDS_READ, "fields"),
    (Permission.SUPPRESSIONS_READ, "suppressions"),
    (Permission.WEBHOOKS_READ, "webhooks"),
)
# What the token itself may do, which each may read.
_OF_ANY = "me"


def first_request(api_url: str, token: str, scopes: Collection[Permission]) -> str:
    """
    Return a command that reads with *token* what its scopes allow.
    """
    noun = next((noun for scope, noun in READS if scope in scopes), _OF_ANY)
    return f'curl -H "Authorization: Bearer {token}" {api_url}/{noun}'
