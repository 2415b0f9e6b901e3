"""A drafted contract as a .docx file, to be edited in any word processor."""

from __future__ import annotations

import io
from collections.abc import Sequence

from market.contracts.draft_text import DraftText
from market.kit.i18n import gettext as _

TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FONT = "宋体"


def to_docx(text: DraftText) -> bytes:
    """Return the draft as a document; the same draft gives the same text."""
    # Loaded by the first draft: the library is large, and most processes write none.
    from docx import Document
    from docx.oxml.ns import qn
    from docx.shared import Pt

    document = Document()
    style = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(11)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    document.add_heading(text.title, level=0)
    document.add_paragraph(text.note)
    _table(document, text.parties)
    for number, clause in enumerate(text.clauses, start=1):
        document.add_heading(_("第 %(n)s 条　%(title)s", n=number, title=clause.title), level=2)
        for paragraph in clause.paragraphs:
            document.add_paragraph(paragraph)
        if clause.table:
            _table(document, clause.table)
    document.add_heading(_("签章"), level=2)
    _table(
        document,
        [(_("卖方（盖章）"), _("买方（盖章）")), (_("代表人签字"), _("代表人签字")), (_("日期"), _("日期"))],
    )
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _table(document: object, rows: Sequence[Sequence[str]]) -> None:
    table = document.add_table(rows=0, cols=len(rows[0]), style="Table Grid")  # type: ignore[attr-defined]
    for row in rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = value
