"""
Pages of other publishers, read and compared with what a browser's reading view shows of each.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from statistics import mean

from newsletter.ingest.parsing import html_tree
from newsletter.ingest.parsing.read import read
from newsletter.model.brief import MediaType, RawItem, ReadingRules

# 0.973 with trafilatura 2.3.1; the first `article` or `main` alone gave 0.76.
FLOOR = 0.95


def words(markup: str) -> Counter[str]:
    tree = html_tree.parse(markup, max_bytes=html_tree.MAX_PAGE_BYTES)
    for node in tree.css("head, script, style"):
        node.decompose()
    return Counter(re.findall(r"\w+", html_tree.text_of(tree.body).casefold() if tree.body else ""))


def f1(expected: Counter[str], found: Counter[str]) -> float:
    return 2 * (expected & found).total() / (expected.total() + found.total())


def test_the_words_of_foreign_pages_are_those_of_their_articles(shared: Path) -> None:
    scores = {}
    for source in sorted((shared / "samples/pages").glob("*/source.html")):
        markup = source.read_text("utf-8", "replace")
        url = "https://example.org/a"
        item = RawItem(key="k", content=markup, media_type=MediaType.HTML_PAGE, url=url)
        brief = read(item, ReadingRules())
        shown = "\n".join((brief.body_html, *brief.takeaways, *brief.footnotes))
        expected = (source.parent / "expected.html").read_text("utf-8")
        scores[source.parent.name] = f1(words(expected), words(f"<p>{shown}"))
    assert len(scores) > 60
    assert mean(scores.values()) >= FLOOR, sorted(scores.items(), key=lambda pair: pair[1])[:9]
    # None is another article: half of the words are right even in the worst.
    assert sum(score < 0.5 for score in scores.values()) <= 1
