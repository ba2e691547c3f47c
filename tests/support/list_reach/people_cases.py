"""
What is asked of the other list's people, lists, segments, fields, tags, suppressions and files, by
the names of the operations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from list_reach.cases import (
    Case,
    equal,
    forbidden,
    hidden,
    kept,
    open_to_all,
    shown,
    unknown,
)
from list_reach.other_list import BOTH, OWN, OWN_TOO

_CONSENT = {"consent": "in a test"}
_NEW = "new@example.org"
_FILE = {"files": [{"name": "people.csv", "text": "email\nnew@example.org\n"}], **_CONSENT}
_OF_BOTH = ("segment", "segment_of_both", "segment_of_none")


def _person(body: Any = None) -> Sequence[Case]:
    """
    What needs all lists of a person: somebody on both lists is out of reach too.
    """
    theirs = [hidden(body, address=f"${name}") for name in ("person", "pending")]
    return [*theirs, hidden(body, address=BOTH)]


def _part_of_person(body: Any = None, **path: str) -> Sequence[Case]:
    return [hidden(body, address=f"${name}", **path) for name in ("person", "pending")]


def _segment(body: Any = None) -> Sequence[Case]:
    return [hidden(body, segment=f"${name}") for name in _OF_BOTH]


def _chosen(**body: Any) -> Sequence[Case]:
    """
    Acts on all whom a filter matches, which names the other list or what belongs to it.
    """
    act = {**body, "dry_run": True}
    return [
        unknown({**act, "which": {"list": "$list"}}),
        *(unknown({**act, "which": {"list": OWN, "segment": f"${name}"}}) for name in _OF_BOTH),
        equal({**act, "which": {"list": OWN, "tag": "$tag"}}),
        equal({**act, "which": {"list": OWN, "text": "$person"}}),
        forbidden({**act, "which": {}}),
        forbidden({**act, "which": {"tag": "$tag"}}),
    ]


LISTS: Mapping[str, Sequence[Case]] = {
    "list_lists": [shown()],
    # No list may be made, so it cannot be found out which names are taken.
    "make_list": [unknown({"slug": "$list", "name": "Mine"})],
    "show_list": [hidden(slug="$list")],
    "change_list": [hidden({"name": "Mine"}, slug="$list")],
    "remove_list": [hidden(slug="$list")],
    "count_list": [hidden(slug="$list"), shown(slug=OWN)],
    "show_list_health": [hidden(slug="$list"), shown(slug=OWN)],
    "hold_list": [hidden({"reason": "mine"}, slug="$list")],
    "release_list": [hidden(slug="$list")],
    "list_pending": [unknown(query="list=$list"), shown(f"list={OWN}"), forbidden()],
    "resend_confirmations": [
        unknown({"list": "$list", "most": 1}),
        unknown({"address": "$pending", "list": "$list"}),
        unknown({"address": "$pending", "list": OWN}),
        unknown({"address": "$person", "list": OWN}),
    ],
    "drop_pending": [
        unknown({"older_than_days": 1, "list": "$list"}),
        forbidden({"older_than_days": 1}),
    ],
    "show_ask_run": [hidden(slug="$list")],
    "start_ask_run": [
        hidden({"audience": "all", "per_day": 1}, slug="$list"),
        unknown({"audience": "import", "number": "$import", "per_day": 1}, slug=OWN),
        *(
            unknown({"audience": "segment", "segment": f"${name}", "per_day": 1}, slug=OWN)
            for name in _OF_BOTH
        ),
    ],
    "count_ask_run": [
        hidden(query="audience=all", slug="$list"),
        unknown(query="audience=import&number=$import", slug=OWN),
        *(unknown(query=f"audience=segment&segment=${name}", slug=OWN) for name in _OF_BOTH),
    ],
    "stop_ask_run": [hidden(slug="$list")],
}

PEOPLE: Mapping[str, Sequence[Case]] = {
    "list_subscribers": [
        shown(),
        unknown(query="list=$list"),
        *(unknown(query=f"segment=${name}") for name in _OF_BOTH),
        *(unknown(query=f"list={OWN}&segment=${name}") for name in _OF_BOTH),
        equal(query="tag=$tag"),
        shown("changed_since=2020-01-01T00:00:00Z"),
        shown("text=example&total=true&order=address"),
    ],
    # A new subscription of somebody on the other list: see the tests of its answer.
    "make_subscriber": [unknown({"address": "$person", "lists": ["$list"], **_CONSENT})],
    "show_subscriber": [*_part_of_person(), shown(address=BOTH)],
    "keep_subscriber": [
        unknown({"lists": [OWN, "$list"], **_CONSENT}, address="$person"),
        *_person({"name": "Mine"}),
    ],
    "change_subscriber": _person({"name": "Mine"}),
    "change_address": _person({"address": "mine@example.org"}),
    "explain_subscriber": [*_part_of_person(), shown(address=BOTH)],
    "erase_subscriber": _person(),
    "export_subscriber": _person(),
    "keep_subscribers": [unknown({"list": "$list", "rows": [{"address": "$person"}]})],
    "show_subscription": [
        *_part_of_person(slug="$list"),
        equal(address="$person", slug=OWN),
        hidden(address=BOTH, slug="$list"),
    ],
    "keep_subscription": [
        *_part_of_person(_CONSENT, slug="$list"),
        *_part_of_person(_CONSENT, slug=OWN),
        *_part_of_person({}, slug=OWN),
        hidden(_CONSENT, address=BOTH, slug="$list"),
    ],
    "end_subscription": [
        *_part_of_person(slug="$list"),
        *_part_of_person(slug=OWN),
        hidden(address=BOTH, slug="$list"),
    ],
    "list_history": [*_part_of_person(), shown(address=BOTH)],
    "change_tags": _person({"add": ["mine"]}),
    "list_notes": [*_part_of_person(), shown(address=BOTH)],
    "write_note": _person({"text": "mine"}),
    "tag_people": [forbidden({"which": {"list": OWN}, "add": ["mine"]})],
    "unsubscribe_people": [
        *_chosen(list=OWN),
        unknown({"which": {"list": OWN}, "list": "$list"}),
        forbidden({"which": {"list": OWN}}),
    ],
    "suppress_people": [
        *_chosen(list=OWN),
        unknown({"which": {"list": OWN}, "list": "$list"}),
        forbidden({"which": {"list": OWN}}),
    ],
    "move_people": [
        unknown({"which": {"list": OWN}, "to": "$list"}),
        unknown({"which": {"list": "$list"}, "to": OWN}),
        *(unknown({"which": {"list": OWN, "segment": f"${n}"}, "to": OWN}) for n in _OF_BOTH),
        equal({"which": {"list": OWN, "tag": "$tag"}, "to": OWN_TOO, "dry_run": True}),
    ],
}

SEGMENTS: Mapping[str, Sequence[Case]] = {
    "list_segments": [shown()],
    "make_segment": [
        unknown({"name": "mine", "rule": "tag is set", "list": "$list"}),
        *(
            equal({"name": "mine", "rule": rule, "list": OWN})
            for rule in (
                "on list $list",
                "joined list $list within 9 days",
                "mailed issue $issue_submitted",
                "mailed issue $issue_to_both",
                "mailed issue $notice",
            )
        ),
        unknown({"name": "mine", "rule": "tag is set"}),
    ],
    "show_segment": _segment(),
    "change_segment": _segment({"rule": "tag is set"}),
    "remove_segment": _segment(),
    "count_segment": _segment(),
    "show_segment_uses": _segment(),
    "explain_segment": _segment(),
    "sample_segment": _segment(),
    "count_rule": [forbidden(query="rule=on+list+$list")],
    "list_fields": [open_to_all()],
    "make_field": [unknown({"name": "$field", "type": "text"})],
    "show_field": [open_to_all(field="$field")],
    "change_field": [kept({"position": 2}, field="$field")],
    "remove_field": [kept(field="$field")],
    # Only people within reach are counted: see the test.
    "count_field": [open_to_all(field="$field")],
    "list_tags": [forbidden()],
    "show_tag": [hidden(tag="$tag")],
    "rename_tag": [hidden({"name": "mine"}, tag="$tag")],
    "remove_tag": [hidden(tag="$tag")],
}

FILES: Mapping[str, Sequence[Case]] = {
    "list_suppressions": [shown(), equal(query="list=$list")],
    "add_suppression": [
        unknown({"address": _NEW, "list": "$list"}),
        forbidden({"address": "$suppressed"}),
    ],
    "show_suppressions": [hidden(address="$suppressed"), hidden(address="$domain")],
    "remove_suppression": [
        forbidden(address="$suppressed"),
        hidden(query="list=$list", address="$suppressed"),
        hidden(query=f"list={OWN}", address="$suppressed"),
        hidden(query=f"list={OWN}", address="$domain"),
    ],
    "import_suppressions": [
        forbidden({"file": {"name": "a.csv", "text": "new@example.org\n"}, "list": "$list"})
    ],
    "list_privacy_requests": [forbidden()],
    "add_privacy_request": [forbidden({"kind": "access", "address": "$person"})],
    "show_privacy_request": [hidden(number="$request")],
    "close_privacy_request": [hidden({"outcome": "mine"}, number="$request")],
    "list_imports": [shown()],
    "start_import": [unknown({**_FILE, "list": "$list"})],
    "try_import": [
        unknown({**_FILE, "list": "$list"}),
        equal(
            {
                "files": [{"name": "people.csv", "text": "email,name\n$person,Mine\n"}],
                "list": OWN,
                **_CONSENT,
            }
        ),
    ],
    "show_import": [hidden(number="$import")],
    "show_import_errors": [hidden(number="$import")],
    "resume_import": [hidden(number="$import")],
    "count_import_undo": [hidden(number="$import")],
    "undo_import": [hidden(number="$import")],
    "list_exports": [shown()],
    "start_export": [
        unknown({"which": {"list": "$list"}}),
        *(unknown({"which": {"list": OWN, "segment": f"${name}"}}) for name in _OF_BOTH),
        forbidden({"which": {"tag": "$tag"}}),
        forbidden({"which": {}}),
    ],
    "export_suppressions": [forbidden({})],
    "show_export": [hidden(number="$export")],
    "download_export": [hidden(number="$export")],
    "send_notice": [unknown({"address": "$person", "subject": "Mine", "text": "Mine."})],
    "show_notice": [forbidden(number="$notice")],
}
