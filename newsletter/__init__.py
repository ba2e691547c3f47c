"""
The publishing side: briefs become issues, issues become mails, mails reach readers.

Start reading at `pipeline.py`: it is the road, and everything else is a station on it.
"""
