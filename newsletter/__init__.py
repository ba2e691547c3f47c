"""
The publishing side: briefs become issues, issues become mails, mails reach readers.

Start reading at `pipeline.py`: it puts the steps in order, and everything else is one of them.
"""
