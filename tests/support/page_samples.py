"""
Every page that readers see, with sample values: ordinary ones, and long names in several scripts.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from newsletter.model.brand import Brand, Logo, Palette
from newsletter.model.brief import Link
from newsletter.model.issue import Site
from newsletter.web.preferences.timezones import timezone_option, timezone_regions
from newsletter.web.public.page_values import (
    BadLinkPage,
    CheckInboxPage,
    ConfirmedPage,
    ConfirmPage,
    ContinuePage,
    FindPage,
    Form,
    FormError,
    FormField,
    FormFieldType,
    FormOption,
    HiddenField,
    HomePage,
    Inbox,
    JoinPage,
    LinkProblem,
    MessagePage,
    NewsletterCard,
)
from newsletter.web.public.settings_values import (
    DataPage,
    DataRow,
    DataSection,
    EmbedPage,
    ErasePage,
    NewAddressPage,
    NewsletterSwitch,
    PreferencesPage,
    UnsubscribedPage,
    UnsubscribePage,
)

ADDRESS = "marianne.lindqvist@example.org"
LONG_ADDRESS = f"{'a' * 64}@{'long-name-of-a-mail-server.' * 3}example.org"
MASKED = "m…@example.org"
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 2
SITE = Site(
    name="The Lantern",
    base_url="https://news.example.org",
    postal_address="The Lantern, 4 Quay Street, 1000 Orrin",
    brand=Brand(social=(Link("Mastodon", "https://social.example.org/@lantern"),)),
)
HARBOUR = Brand(
    light=Palette(accent="#0b6f6b", masthead="#0c3a40", button="#0b6f6b", link="#0b5f8a"),
    dark=Palette(accent="#6fd0c8", masthead="#082a2f", button="#0f7a75", link="#8fc1f5"),
    logo=Logo(
        url="https://cdn.example.org/harbour.png",
        dark_url="https://cdn.example.org/harbour-dark.png",
        width=300,
        height=60,
    ),
)
SAND = Brand(
    light=Palette(accent="#9c4110", masthead="#123f34", button="#123f34", link="#0b5394"),
    dark=Palette(accent="#f0a878", masthead="#0b2a22", button="#2a6b59", link="#8fc1f5"),
)


def newsletters(language: str, *, is_long: bool = False) -> tuple[NewsletterCard, ...]:
    """
    Return four newsletters; the first is in *language*.
    """
    first = {
        "en": ("The Daily Lantern", "The coast, explained before breakfast"),
        "de": ("Die Laterne am Morgen", "Die Küste, erklärt noch vor dem Frühstück"),
        "ar": ("رسالة الشمال", "الساحل الشمالي في خمس دقائق كل خميس"),
    }.get(language, ("The Daily Lantern", "The coast, explained before breakfast"))
    text = {
        "en": "Three or four short pieces on every weekday, with what matters on top.",
        "de": "An jedem Werktag drei oder vier kurze Stücke, das Wichtigste zuerst.",
        "ar": "أهم ما جرى على الساحل الشمالي في أسبوع، بلغة واضحة.",
    }.get(language, "Three or four short pieces on every weekday.")
    name = f"The Harbourmaster’s Dispatch: {LONG_WORD}" if is_long else "Harbour Weekly"
    return (
        NewsletterCard(
            slug="daily",
            name=LONG_WORD if is_long else first[0],
            tagline=f"{first[1]} {LONG_WORD}" if is_long else first[1],
            description=text,
            language=language,
            join_url="/join/daily",
        ),
        NewsletterCard(
            slug="harbour",
            name=name,
            tagline="Ferries, freight and fish",
            description="What moved this week, what got stuck, and who has to pay for it.",
            language="en",
            brand=HARBOUR,
            join_url="/join/harbour",
        ),
        NewsletterCard(
            slug="woche",
            name="Die Woche in Orrin",
            tagline="Das Wichtigste von der Küste, auf Deutsch",
            language="de",
            join_url="/join/woche",
            is_held=True,
        ),
        NewsletterCard(
            slug="shamal",
            name="رسالة الشمال",
            tagline="كل خميس الساعة السابعة صباحًا",
            description="أهم ما جرى على الساحل الشمالي في أسبوع، بلغة واضحة وفي خمس دقائق.",
            language="ar",
            brand=SAND,
            join_url="/join/shamal",
        ),
    )


QUESTIONS = (
    FormField(
        name="field-coast",
        label="Where do you read us?",
        type=FormFieldType.CHOICE,
        options=(
            FormOption(value="orrin", label="Orrin"),
            FormOption(value="far", label="Far from the sea"),
        ),
        value="far",
        language="en",
    ),
    FormField(
        name="field-topics",
        label="What would you like more of?",
        type=FormFieldType.CHOICES,
        options=(
            FormOption(value="sea", label="Sea and ferries"),
            FormOption(value="money", label="Money and councils"),
        ),
        values=("sea",),
        language="en",
    ),
    FormField(name="field-boat", label="Do you own a boat?", type=FormFieldType.BOOLEAN),
    FormField(name="field-born", label="Date of birth", type=FormFieldType.DATE, is_required=True),
    FormField(name="field-crew", label="Size of your crew", type=FormFieldType.NUMBER),
    FormField(name="field-job", label=LONG_WORD, language="de"),
)
FORM = Form(
    action="/join/daily",
    hidden=(HiddenField(name="form", value="sample"),),
    trap="website",
)
WRONG = dataclasses.replace(
    FORM,
    errors=(
        FormError(name="email", word="error_email"),
        FormError(name="field-born", word="error_date", label="Date of birth"),
    ),
)


@dataclass(frozen=True, kw_only=True)
class PageSample:
    """
    One page to look at: the template, its value, and the newsletter whose look it has.
    """

    name: str
    template: str
    page: Any
    card: NewsletterCard | None = None


def page_samples(language: str, *, is_long: bool = False) -> Iterator[PageSample]:
    """
    Return every page of `templates/page/readers`, most of them in several states.
    """
    cards = newsletters(language, is_long=is_long)
    card, address = cards[0], LONG_ADDRESS if is_long else ADDRESS
    masked = f"a…@{LONG_ADDRESS.partition('@')[2]}" if is_long else MASKED
    one = cards[:1]
    join = JoinPage(newsletters=one, form=FORM, all_url="/")
    many = JoinPage(newsletters=cards, form=FORM, chosen=("daily", "harbour"))
    wrong = dataclasses.replace(
        join,
        form=WRONG,
        email="marianne.example.org",
        name="Marianne",
        fields=QUESTIONS,
    )
    found = [
        ("home", HomePage(newsletters=cards, join_url="/join"), None),
        ("home", HomePage(newsletters=one), None),
        ("home", HomePage(), None),
        ("join", join, card),
        ("join", dataclasses.replace(join, newsletters=cards[1:2]), cards[1]),
        ("join", wrong, card),
        ("join", dataclasses.replace(join, email="ada@gmial.com", suggested=address), card),
        ("join-many", many, None),
        ("continue", ContinuePage(newsletters=one, form=FORM, email=address), card),
        ("join", dataclasses.replace(join, newsletters=cards[2:3]), cards[2]),
        *[("check-inbox", _inbox(kind, card), card) for kind in Inbox],
        ("check-inbox", _inbox(Inbox.JOIN, card, held=cards[2:3]), None),
        ("confirm", ConfirmPage(newsletters=one, masked_address=masked, form=FORM), card),
        ("confirm", ConfirmPage(newsletters=cards, masked_address=masked, form=FORM), None),
        (
            "confirmed",
            ConfirmedPage(
                newsletters=one,
                sender_address="daily@example.org",
                settings_url="/p/sample",
            ),
            card,
        ),
        ("preferences", _preferences(cards, masked), None),
        ("preferences", _fresh_preferences(cards, address), None),
        ("find", FindPage(form=FORM), None),
        *[
            ("bad-link", BadLinkPage(reason=reason, form=FORM, join_url="/join/daily"), card)
            for reason in LinkProblem
        ],
        (
            "unsubscribe",
            UnsubscribePage(
                name=card.name,
                language=language,
                masked_address=masked,
                form=FORM,
                has_others=True,
                settings_url="/p/sample",
            ),
            card,
        ),
        ("unsubscribed", _unsubscribed(card), card),
        ("new-address", NewAddressPage(old_address=masked, new_address=address, form=FORM), None),
        ("erase", ErasePage(masked_address=masked, form=FORM), None),
        ("data", _data(address), None),
        ("embed", _embed(card), card),
        ("message", MessagePage(word="erased"), None),
        ("message", MessagePage(word="error_404"), None),
    ]
    for number, (name, page, newsletter) in enumerate(found, start=1):
        yield PageSample(
            name=f"{number:02}-{name}", template=f"readers/{name}.html", page=page, card=newsletter
        )


def _inbox(
    kind: Inbox, card: NewsletterCard, held: tuple[NewsletterCard, ...] = ()
) -> CheckInboxPage:
    return CheckInboxPage(
        kind=kind,
        sender_name=card.name,
        sender_address="daily@example.org",
        days=7 if kind is Inbox.JOIN else 3,
        again_url="/join/daily",
        held=held,
    )


def _preferences(cards: tuple[NewsletterCard, ...], address: str) -> PreferencesPage:
    return PreferencesPage(
        address=address,
        form=FORM,
        newsletters=tuple(
            NewsletterSwitch(
                slug=card.slug,
                name=card.name,
                tagline=card.tagline,
                language=card.language,
                brand=card.brand,
                is_on=card.slug in ("daily", "harbour"),
                cadence="weekly",
                cadences=("each", "weekly", "monthly") if card.slug != "woche" else (),
            )
            for card in cards
        ),
        pause_from=dt.date(2027, 3, 6),
        pause_to=dt.date(2028, 3, 5),
        name="Marianne",
        languages=("ar", "de", "en"),
        language="en",
        timezones=timezone_regions("de"),
        timezone=timezone_option("Europe/Oslo", "de"),
        find_url="/find",
    )


def _fresh_preferences(cards: tuple[NewsletterCard, ...], address: str) -> PreferencesPage:
    errors = (FormError(name="paused_until", word="error_pause"),)
    return dataclasses.replace(
        _preferences(cards, address),
        form=dataclasses.replace(FORM, errors=errors),
        fields=QUESTIONS,
        is_saved=True,
        to_confirm=_preferences(cards, address).newsletters[:1],
        held=_preferences(cards, address).newsletters[-1:],
        paused_until=dt.date(2027, 4, 1),
        unsubscribe_form=FORM,
        address_form=FORM,
        data_url="/p/sample/data",
        data_json_url="/p/sample/data.json",
        erasure_form=FORM,
    )


def _unsubscribed(card: NewsletterCard) -> UnsubscribedPage:
    return UnsubscribedPage(
        name=card.name,
        language=card.language,
        undo_form=FORM,
        undo_until=dt.datetime(2027, 3, 5, 17, 24, tzinfo=dt.UTC),
        reason_form=FORM,
        reasons=("too_many", "content", "never", "other"),
    )


def _data(address: str) -> DataPage:
    return DataPage(
        address=address,
        sections=(
            DataSection(
                word="data_person",
                rows=(
                    DataRow(word="data_email", value=address),
                    DataRow(word="data_name", value="Marianne Lindqvist"),
                    DataRow(word="data_timezone", value="Europe/Oslo"),
                ),
            ),
            DataSection(
                word="data_newsletters",
                rows=(
                    DataRow(
                        label="رسالة الشمال",
                        language="ar",
                        words=("data_signed_up", "cadence_each"),
                        value="2027-03-05",
                    ),
                ),
            ),
            DataSection(word="data_answers", rows=(DataRow(label=LONG_WORD, value=LONG_WORD),)),
            DataSection(word="data_history", rows=()),
        ),
        json_url="/p/sample/data.json",
        back_url="/p/sample",
    )


def _embed(card: NewsletterCard) -> EmbedPage:
    snippet = (
        '<form method="post" action="https://news.example.org/join/daily">\n'
        '  <label for="nl-email">Your email address</label>\n'
        '  <input id="nl-email" name="email" type="email" autocomplete="email" required>\n'
        "  <button>Sign me up</button>\n</form>"
    )
    return EmbedPage(
        name=card.name, language=card.language, snippet=snippet, script_snippet=snippet
    )
