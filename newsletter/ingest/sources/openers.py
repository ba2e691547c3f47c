"""
Open each built-in kind of source. The only importer of concrete sources.
"""

from __future__ import annotations

from newsletter.ingest.sources.feeds.source import FeedSource
from newsletter.ingest.sources.folder.source import FolderSource
from newsletter.ingest.sources.ghost import GhostSource
from newsletter.ingest.sources.imap.location import is_imap
from newsletter.ingest.sources.imap.source import ImapSource
from newsletter.ingest.sources.mailbox.source import MailboxSource
from newsletter.ingest.sources.pages.full_text import PageRules, WholePages
from newsletter.ingest.sources.pages.source import PageSource
from newsletter.ingest.sources.protocol import Source
from newsletter.ingest.sources.tools import SourceTools
from newsletter.ingest.sources.wordpress.source import WordPressSource
from newsletter.model.source import FirstPoll, SourceSettings


def open_folder(source: SourceSettings, tools: SourceTools) -> Source:
    return FolderSource(
        source.name,
        tools.path(source.location),
        html_of_docx=tools.parser.docx_file,
        image_of_docx=tools.parser.docx_image,
        clock=tools.clock,
    )


def open_feed(source: SourceSettings, tools: SourceTools) -> Source:
    return _with_pages(source, tools, _feed_at(source.name, source.location, tools))


def open_page(source: SourceSettings, tools: SourceTools) -> Source:
    return PageSource(source.name, source.location, fetcher=tools.fetcher, read=tools.parser.page)


def open_ghost(source: SourceSettings, tools: SourceTools) -> Source:
    key = tools.secret_of(source)
    ghost = GhostSource(source.name, source.location, key=key, fetcher=tools.fetcher)
    return _with_pages(source, tools, ghost)


def open_wordpress(source: SourceSettings, tools: SourceTools) -> Source:
    wordpress = WordPressSource(
        source.name,
        source.location,
        fetcher=tools.fetcher,
        # The API gave the items on its other pages before.
        fallback=lambda address: _feed_at(source.name, address, tools, follows_pages=False),
        timezone=source.timezone,
        clock=tools.clock,
    )
    return _with_pages(source, tools, wordpress)


def open_mailbox(source: SourceSettings, tools: SourceTools) -> Source:
    if is_imap(source.location):
        return ImapSource(
            source.name,
            source.location,
            password=tools.secret_of(source),
            networks=tools.limits.fetch_networks,
            deadline_s=tools.limits.fetch_deadline_s,
            read=tools.parser.mail,
            image_of_mail=tools.parser.mail_image,
            own_lists=tools.own_lists(),
        )
    return MailboxSource(
        source.name,
        tools.path(source.location),
        read=tools.parser.mail,
        image_of_mail=tools.parser.mail_image,
        own_lists=tools.own_lists(),
        clock=tools.clock,
    )


def _feed_at(name: str, address: str, tools: SourceTools, *, follows_pages: bool = True) -> Source:
    return FeedSource(
        name,
        address,
        fetcher=tools.fetcher,
        parse=tools.parser.feed,
        follows_pages=follows_pages,
    )


def _with_pages(source: SourceSettings, tools: SourceTools, inner: Source) -> Source:
    is_first = source.first_polled_at is None
    rules = PageRules(
        reading=source.reading,
        categories=source.categories,
        is_recording=is_first and source.first_poll is FirstPoll.RECORD,
    )
    return WholePages(
        inner,
        source.location,
        fetcher=tools.fetcher,
        rules=rules,
        read=tools.parser.page,
        clock=tools.clock,
    )
