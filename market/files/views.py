from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.accounts.web import find
from market.files import queries, services
from market.kit.errors import NotFound
from market.kit.i18n import gettext as _
from market.kit.web import deps, path_id


async def download(request: Request) -> Response:
    actor = find(request)
    file = await queries.get_file_for(actor, path_id(request, "file_id"))
    try:
        content = await deps(request).store.get(file.sha256)
    except FileNotFoundError:
        raise NotFound(_("这个文件的内容暂时取不到，请联系平台管理员。")) from None
    await services.note_opened(file, actor=actor, now=deps(request).clock())
    return Response(
        content,
        media_type="application/octet-stream" if file.media_type.startswith("text/") else file.media_type,
        headers={
            # Never shown inside the site: whatever a file holds cannot act in our name.
            "content-disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
            "content-security-policy": "sandbox; default-src 'none'",
            "cache-control": "private, no-store",
        },
    )


routes = [Route("/files/{file_id:uuid}", download, name="files:download", methods=["GET"])]
