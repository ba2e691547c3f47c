"""
Declare the kind `changelog`. Settings and checks import only this module, so it stays small.
"""

from newsletter.model.source_kind import SourceKind, has_no_password

CHANGELOG = SourceKind(
    opener="newsletter_changelog.source:open_changelog",
    # The path of a file, relative to newsletter.toml.
    check_location=has_no_password,
    is_written_by_staff=True,
    lists_all=True,
)
