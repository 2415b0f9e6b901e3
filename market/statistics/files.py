"""Downloads of tables: a workbook, CSV or JSON."""

from __future__ import annotations

from starlette.responses import Response, StreamingResponse

from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.workbooks.writing import WORKBOOK, write_workbook
from market.statistics.exports import Export


def file_response(export: Export, kind: str, name: str) -> Response:
    """Return an export as a download.

    Raises:
        NotFound: there is no file of this kind.
    """
    headers = {"content-disposition": f'attachment; filename="{name}.{kind}"'}
    if kind == "json":
        return Response(export.as_json(), media_type="application/json", headers=headers)
    if kind == "csv":
        return Response(export.as_csv(), media_type="text/csv; charset=utf-8", headers=headers)
    if kind == "xlsx":
        return StreamingResponse(write_workbook(*export.tables()), media_type=WORKBOOK, headers=headers)
    raise NotFound(_("没有这个文件。"))
