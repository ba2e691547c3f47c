"""
Render the pages of `templates/page` with the site's name, the style sheet and the content security
policy that they need.
"""

from __future__ import annotations

import base64
import hashlib

import jinja2
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from newsletter.mail.templating.files import project_templates
from newsletter.model.issue import Site

BASE_POLICY = "base-uri 'none'"
NO_FRAMES = f"frame-ancestors 'none'; {BASE_POLICY}"
# Mails use inline styles, and their images can be on any host.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; form-action 'none'"
)


class PageTemplates:
    """
    The page templates of one site.
    """

    def __init__(self, site: Site) -> None:
        folder = project_templates() / "page"
        style = (folder / "style.css").read_text(encoding="utf-8")
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
        )
        # This is the project's own file; nothing else is marked as safe.
        self._templates.globals |= {"site": site, "style": Markup(style)}  # noqa: S704
        # Only this style block is allowed, by its hash, so that no other can be injected (CSP 3).
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        self._policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; {NO_FRAMES}"
        )

    def page(self, name: str, status_code: int = 200, **values: object) -> Response:
        """
        Render the page *name* as a response.
        """
        return self._respond(self._policy, name, status_code, values)

    def page_with_frame(self, name: str, status_code: int = 200, **values: object) -> Response:
        """
        Render a page that shows another page of this site in a frame.
        """
        return self._respond(f"{self._policy}; frame-src 'self'", name, status_code, values)

    def text(self, name: str, **values: object) -> str:
        """
        Render the page *name* and return its HTML, to be written to a file.
        """
        return self._templates.get_template(name).render(values)

    def _respond(
        self, policy: str, name: str, status_code: int, values: dict[str, object]
    ) -> Response:
        page = self.text(name, **values)
        headers = {"Content-Security-Policy": policy}
        return HTMLResponse(page, status_code=status_code, headers=headers)
