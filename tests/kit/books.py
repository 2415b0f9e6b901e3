"""Write .xlsx for tests part by part, as no library would: other namespaces, wrong dimensions, bombs."""

from __future__ import annotations

import io
import zipfile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"


def xlsx(
    rows: str,
    *,
    before: str = "",
    after: str = "",
    strings: str = "",
    styles: str = "",
    book: str = "",
    strict: bool = False,
    prologue: str = "",
    prefix: str = "",
) -> bytes:
    """Return a workbook of one sheet, whose `rows` are XML; `before` and `after` stand around them."""
    main, relations = (STRICT, STRICT_RELATIONS) if strict else (MAIN, RELATIONS)
    colon = f"{prefix}:" if prefix else ""
    sheet = (
        f'{prologue}<{colon}worksheet xmlns{":" + prefix if prefix else ""}="{main}">{before}'
        f"<{colon}sheetData>{rows}</{colon}sheetData>{after}</{colon}worksheet>"
    )
    parts = {
        "_rels/.rels": f'<Relationships xmlns="r"><Relationship Id="rId1" Type="{relations}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}">{book}'
        '<sheets><sheet name="成果" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="r">'
        + f'<Relationship Id="rId1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/>'
        + f'<Relationship Id="rId2" Type="{relations}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
        + f'<Relationship Id="rId3" Type="{relations}/styles" Target="styles.xml"/></Relationships>',
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{strings}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}">{styles}</styleSheet>',
        "xl/worksheets/sheet1.xml": sheet,
    }
    return packed(parts)


def packed(parts: dict[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return target.getvalue()


def row_of(number: int, *texts: str) -> str:
    """Return the XML of a row of texts from column A on; empty ones are left out."""
    cells = "".join(
        f'<c r="{chr(65 + column)}{number}" t="inlineStr"><is><t>{text}</t></is></c>'
        for column, text in enumerate(texts)
        if text
    )
    return f'<row r="{number}">{cells}</row>'
