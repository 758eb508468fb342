"""Templates, and the answers they become."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from litestar import MediaType, Response

from ocms_web.portal import words

TEMPLATES = Path(__file__).parent / "templates"
LEAST_COMPRESSED = 1024
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Every page is for the officer alone who asked for it, and is stored nowhere.
HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.filters.update(words.FILTERS)


def render(template: str, values: Mapping[str, Any]) -> str:
    """Render a template with values; a name it lacks is an error."""
    return ENVIRONMENT.get_template(template).render(values)


def page_response(
    html: str, status: int, accept_encoding: str, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """Return a page as a response, compressed where the browser takes that."""
    body, further = html.encode(), {}
    if "gzip" in accept_encoding.lower() and len(body) >= LEAST_COMPRESSED:
        body, further = gzip.compress(body, 6, mtime=0), {"Content-Encoding": "gzip"}
    return Response(
        body,
        status_code=status,
        media_type=MediaType.HTML,
        headers={**HEADERS, "Vary": "Accept-Encoding, HX-Request", **further, **(headers or {})},
    )
