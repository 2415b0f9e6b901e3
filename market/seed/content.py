"""The written content of the demo market, read from the files in `data`, and PDFs made for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from market.files.attachments import StoredBlob, store_blob
from market.files.store import FileStore
from market.files.uploads import check_content

FOLDER = Path(__file__).parent / "data"
NAMESPACE = UUID("5f0c2a7e-2b0e-5c57-9a53-6f1f6a1d0e44")
"""Ids of the demo's own rows are derived from it and their key, so they are the same in every demo."""


@lru_cache
def load(name: str) -> dict[str, dict[str, Any]]:
    """Return the entries of one file by their key, in the order in which they are written."""
    entries = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return {entry["key"]: {k: v for k, v in entry.items() if k != "key"} for entry in entries}


def id_of(kind: str, key: str) -> UUID:
    """Return the id that the demo gives to this record."""
    return uuid5(NAMESPACE, f"{kind}:{key}")


def fen(wan: int | float | None) -> int | None:
    """Return so many 万元 in fen."""
    return None if wan is None else round(wan * 1_000_000)


async def store_pdf(name: str, lines: Sequence[str], store: FileStore) -> StoredBlob:
    """Store a one-page PDF called `name` with these lines of ASCII text."""
    return await store_blob(check_content(name, make_pdf(lines)), store)


def make_pdf(lines: Sequence[str]) -> bytes:
    """Return a valid one-page PDF with these lines of ASCII text."""
    shown = " ".join(f"({_escaped(line)}) Tj T*" for line in lines)
    stream = f"BT /F1 12 Tf 16 TL 60 780 Td {shown} ET".encode("ascii")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, table, len(objects) + 1, len(body))
    )


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
