"""
What is pasted from word processors, email programs and web pages, as Markdown.
"""
