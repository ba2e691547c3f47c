"""
A local mailbox: mbox or Maildir.
"""
