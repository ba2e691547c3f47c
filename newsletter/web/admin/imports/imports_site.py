"""
All routes of imports and exports.
"""

from __future__ import annotations

from starlette.routing import Route

from newsletter.web.admin.imports.columns import ImportColumnsPage
from newsletter.web.admin.imports.export_pages import ExportPages
from newsletter.web.admin.imports.import_acts import ImportActs
from newsletter.web.admin.imports.import_list import ImportListPage
from newsletter.web.admin.imports.import_page import ImportPage
from newsletter.web.admin.imports.new_import import NewImportPage
from newsletter.web.admin.imports.suppression_file import SuppressionFilePage
from newsletter.web.admin.routes import StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages
from newsletter.web.write_pool import WritePool


def import_routes(pages: StaffPages, routes: StaffRoutes) -> list[Route]:
    """
    Return the routes of the room.
    """
    # What reads a whole file has threads of its own: other forms do not wait for it.
    files = WritePool(2, 20)
    return [
        *NewImportPage(pages, routes, files=files).routes(),
        *ImportColumnsPage(pages, routes, files=files).routes(),
        *ImportActs(pages, routes, files=files).routes(),
        *ImportListPage(pages, routes).routes(),
        *ImportPage(pages, routes).routes(),
        *ExportPages(pages, routes).routes(),
        *SuppressionFilePage(pages, routes, files=files).routes(),
    ]
