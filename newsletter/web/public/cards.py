"""
Newsletters as pages show them.
"""

from __future__ import annotations

from newsletter.issues.settings.public_lists import PublicList
from newsletter.web.public.page_values import Masthead, NewsletterCard


def card_of(newsletter: PublicList) -> NewsletterCard:
    """
    Return what pages show of a newsletter.
    """
    return NewsletterCard(
        slug=newsletter.slug,
        name=newsletter.name,
        tagline=newsletter.tagline,
        description=newsletter.description,
        language=newsletter.language,
        brand=newsletter.brand,
        join_url=f"/join/{newsletter.slug}",
        is_held=newsletter.is_held,
    )


def masthead_of(newsletter: PublicList) -> Masthead:
    """
    Return the band at the top of a page about one newsletter.
    """
    return Masthead(
        name=newsletter.name,
        line=newsletter.tagline,
        language=newsletter.language,
        postal_address=newsletter.postal_address,
    )
