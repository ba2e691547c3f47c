"""
The people: mailing lists, subscribers, their consent, and whom never to mail.

It knows nothing of publishing; `newsletter` imports it, never the other way round.
"""
