"""
The people: mailing lists, subscribers, their consent, and suppressions.

This package knows nothing of publishing: `newsletter` imports it, never the other way round.
"""
