"""
Ask people by email to confirm that they join lists, because a program says that they want to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from newsletter.actions.readers.signup import ask_to_join
from newsletter.app import App
from newsletter.errors import Refused, TransactionConflict
from newsletter.issues.settings.consent_sentence import consent_sentence
from newsletter.issues.settings.public_lists import PublicList, lists_as_pages_show_them
from newsletter.mail.templating.translations import (
    PAGE_WORDS,
    language_with_words,
    read_translations,
)
from newsletter.model.access import Actor
from subscribers.lists import find_list
from subscribers.signup.model import SignUp
from subscribers.text.phrases import phrase
from subscribers.validation.address import Address


def join(
    app: App,
    address: Address,
    slugs: Sequence[str],
    *,
    language: str | None,
    still_new: Callable[[sa.Connection], bool],
    by: Actor,
) -> None:
    """
    Begin subscriptions that wait for the email that asks to confirm them. On a list with single
    opt-in they are active at once, and the email is its welcome. *still_new* looks again, in the
    transaction, whether they are not on the lists yet.

    Raises:
        TransactionConflict: another process added them meanwhile.
        UnknownList: there is no such list.
        Refused: nothing is sent to one of the lists now.
    """
    with app.database.read() as connection:
        ids = [find_list(connection, slug).id for slug in slugs]
        newsletters = lists_as_pages_show_them(app.publishing, connection, ids)
    for each in newsletters:
        if each.is_held:
            raise Refused(
                phrase(
                    "list {list} is held, so nobody can be asked to confirm: release it",
                    list=each.slug,
                )
            )
    spoken, consent, version = _sentence(app, newsletters, language)
    sign_up = SignUp(
        address=address,
        lists=[each.mailing_list for each in newsletters],
        form=by.channel.value,
        language=spoken,
        consent=consent,
        consent_version=version,
    )
    asked = ask_to_join(
        app,
        sign_up,
        language=spoken,
        sends_welcome=any(each.sends_welcome for each in newsletters),
        admit=still_new,
        by=by.origin,
    )
    if not asked:
        raise TransactionConflict(
            phrase("{address} was added at the same moment: try again", address=address.email)
        )


def _sentence(
    app: App, newsletters: Sequence[PublicList], language: str | None
) -> tuple[str, str, int | None]:
    """
    Return the language of the email, and the sentence that it asks people to agree to.
    """
    folders = app.settings.template_folders
    wanted = [language, newsletters[0].language, app.settings.site.language]
    spoken = language_with_words(folders, *wanted)
    words = read_translations(folders, spoken, PAGE_WORDS).table
    return spoken, *consent_sentence(words, newsletters)
