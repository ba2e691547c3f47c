"""
What every run needs: an installation, a draft, a checker, and the row of its figures.
"""
