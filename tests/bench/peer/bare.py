"""Bare Starlette and Jinja2: pages that are ready in memory but for the drawing.

Each page of ours, taken as HTML, becomes a template without a condition or a loop, in which every text is a
variable: nothing that draws the same page with Jinja can be cheaper, and it needs no renewal.
"""

from __future__ import annotations

import html
import json
import os
import re
from pathlib import Path

from jinja2 import Environment
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

_TEXT = re.compile(r">([^<>]*[^<>\s][^<>]*)<")


def _route(path: str, page: str) -> Route:
    texts: list[str] = []

    def variable(match: re.Match[str]) -> str:
        texts.append(html.unescape(match.group(1)))
        return f">{{{{ texts[{len(texts) - 1}] }}}}<"

    template = Environment(autoescape=True).from_string(_TEXT.sub(variable, page))

    async def show(request: Request) -> Response:
        return HTMLResponse(template.render(texts=texts))

    return Route(path, show)


def create_app() -> Starlette:
    """Build the application of the pages, by path, in the file that the environment names."""
    pages = json.loads(Path(os.environ["BARE_PAGES"]).read_text("utf-8"))
    return Starlette(routes=[_route(path, page) for path, page in pages.items()])
