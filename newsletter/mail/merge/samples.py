"""
Invent values of declared fields, for previews, test mails and checks.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

from newsletter.mail.merge.declared import show_value
from newsletter.model.mail import MergeField, Recipient
from subscribers.fields.model import FieldType

_SAMPLES = {FieldType.NUMBER: "1234.5", FieldType.DATE: "2026-12-24", FieldType.BOOLEAN: "yes"}


def stored_sample(field: MergeField) -> str:
    """
    Return a value of a declared field in the form in which it would be stored. The sample of a text
    is the name of its field.
    """
    display = field.display
    if display is None:
        return ""
    if display.type in _SAMPLES:
        return _SAMPLES[display.type]
    if display.type is FieldType.TEXT:
        return field.name.replace("_", " ").capitalize()
    options = list(itertools.islice(display.labels, 2))
    return json.dumps(options) if display.type is FieldType.CHOICES else options[0]


def with_samples(reader: Recipient, fields: Sequence[MergeField]) -> Recipient:
    """
    Return the sample *reader* with a value for each declared field. One without a name has none.
    """
    if not reader.name:
        return reader
    shown = {each.key: show_value(each, stored_sample(each)) for each in fields if each.display}
    return reader._replace(values={**reader.values, **shown})


def with_text(reader: Recipient, fields: Sequence[MergeField]) -> Recipient:
    """
    Return the sample *reader* with their name as the value of each declared field, because no value
    is harder to display. Nothing is looked up, so the sandbox may call this.
    """
    named = {each.key: reader.name for each in fields if each.display}
    return reader._replace(values={**reader.values, **named})
