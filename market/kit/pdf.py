"""PDF by typst: a template and plain data in, bytes out; reproducible on every machine."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from starlette.responses import Response

ROOT = Path(__file__).parent.parent.parent
TEMPLATES = ROOT / "templates" / "pdf"
FONTS = ROOT / "fonts"
"""Noto Sans SC in two weights, installed by make. System fonts are not used, so output does not vary."""


async def render_pdf(template: str, data: dict[str, Any]) -> bytes:
    """Render `templates/pdf/<template>` with `data` in a thread and return the PDF.

    `data` is anything JSON can hold; amounts and dates come formatted. The template
    reads it by `#import "house.typ": *`, which has `data`, and shows it as text, never as markup.
    """
    return await asyncio.to_thread(compile_pdf, template, json.dumps(data, ensure_ascii=False))


def compile_pdf(template: str, data: str, *, fonts: Path = FONTS) -> bytes:
    """Render as `render_pdf` does, in this thread, with the data as JSON text.

    Raises:
        RuntimeError: the fonts are not installed.
    """
    if not any(fonts.glob("*.ttf")):
        raise RuntimeError(f"the fonts of prints are missing in {fonts}: run make static/vendor/.done")
    # Seven megabytes that a process without a print never holds.
    import typst

    pdf: bytes = typst.compile(
        str(TEMPLATES / template),
        root=str(TEMPLATES),
        font_paths=[str(fonts)],
        ignore_system_fonts=True,
        sys_inputs={"data": data},
        format="pdf",
    )
    return pdf


async def pdf_response(template: str, data: dict[str, Any], name: str) -> Response:
    """Render a PDF and return it as a download named `name`.pdf."""
    return Response(
        await render_pdf(template, data),
        media_type="application/pdf",
        headers={"content-disposition": f'attachment; filename="{name}.pdf"'},
    )
