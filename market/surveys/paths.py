"""Parameters of addresses of this room."""

from __future__ import annotations

from starlette.requests import Request

from market.kit.errors import NotFound
from market.kit.i18n import gettext as _

MOST_RUNNING = 1_000_000


def running_of(request: Request) -> int:
    """Return the running number of the entry that an address names.

    Raises:
        NotFound: no survey has so many.
    """
    running: int = request.path_params["running"]
    if running > MOST_RUNNING:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    return running
