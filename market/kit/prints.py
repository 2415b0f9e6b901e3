"""Prints as PDF: a typst template and plain data in, bytes out; the same on every machine."""

from __future__ import annotations

import asyncio
import json
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typst

TEMPLATES = Path(__file__).parent.parent.parent / "templates" / "pdf"
FONT_PACKAGE = "manimgx_fonts_cjk"
"""The wheel that brings Noto Sans CJK, so that a print looks alike wherever it is made."""


async def render_pdf(template: str, data: dict[str, Any]) -> bytes:
    """Set `templates/pdf/<template>` with `data` and return the PDF; the work is done in a thread.

    `data` is anything JSON can hold: amounts and dates come as the words to be printed. The template
    reads it by `#import "house.typ": *`, which has `data`, and shows it as text, never as markup.
    """
    return await asyncio.to_thread(compile_pdf, template, json.dumps(data, ensure_ascii=False))


def compile_pdf(template: str, data: str) -> bytes:
    """Do what `render_pdf` does, here and now, with the data as JSON text."""
    made: bytes = typst.compile(
        str(TEMPLATES / template),
        root=str(TEMPLATES),
        font_paths=[str(_fonts())],
        ignore_system_fonts=True,
        sys_inputs={"data": data},
        format="pdf",
    )
    return made


@lru_cache(1)
def _fonts() -> Path:
    spec = find_spec(FONT_PACKAGE)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"the package {FONT_PACKAGE} with the fonts of prints is not installed")
    return Path(spec.origin).parent
