"""What the second person sends by a form: the verdict on a proposal, or what becomes of a draft."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from market.kit.errors import Invalid
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.web import form_data, redirect_to, typed_text
from market.records.by import By
from market.records.decisions import Verdict, typed_verdict


async def posted_decision(request: Request) -> tuple[Verdict, str]:
    """Return the verdict that a form sends, and its reason."""
    data = await form_data(request)
    return typed_verdict(data), typed_text(data, "reason")


@dataclass(frozen=True)
class DraftActs:
    """What can be done with a draft that waits for its release, and the pages that follow."""

    release: Callable[[Mapping[str, object], By], Awaitable[object]]
    """Takes the form, which may hold what the releaser has acknowledged."""
    return_to_author: Callable[[str, By], Awaitable[object]]
    """Takes the reason."""
    discard: Callable[[By], Awaitable[object]]
    page: str
    """Route of the draft's page, by `number`."""
    index: str
    """Route of the list, for a draft that is gone."""
    released: str
    """What is told after the release."""


async def decide_draft(request: Request, acts: DraftActs, *, by: By) -> Response:
    """Release a draft, return it, or discard it, as the form's `act` says.

    Raises:
        Invalid: it says something else.
    """
    data = await form_data(request)
    act = str(data.get("act") or "")
    page = redirect_to(request, acts.page, number=request.path_params["number"])
    if act == "release":
        await acts.release(data, by)
        return flash(request, page, acts.released)
    if act == "return":
        await acts.return_to_author(typed_text(data, "reason"), by)
        return flash(request, page, _("已退回。"))
    if act == "discard":
        await acts.discard(by)
        return flash(request, redirect_to(request, acts.index), _("已作废。"), "note")
    raise Invalid(_("请从列表中选择。"))
