"""The answer to the question why the desk opens a record that no submitted claim names."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from market.accounts.desk_access import state_reason
from market.accounts.desk_access_requests import ReasonForm, reason_page
from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.kit.routing import Route
from market.kit.web import deps, form_data, path_id, safe_path
from market.records.by import By


async def reason(request: Request) -> Response:
    actor = actor_for(request, AccountAct.OPEN_FOR_REASON)
    kind, record_id = request.path_params["kind"], path_id(request, "record_id")
    data = await form_data(request)
    form, target = ReasonForm(data), safe_path(str(data.get("next") or ""))
    if not form.validate():
        return reason_page(request, form, kind, record_id, target, 422)
    await state_reason(kind, record_id, str(form.reason.data), by=By(actor, deps(request).clock()))
    return RedirectResponse(target, status_code=303)


routes = [
    Route("/desk/access/{kind}/{record_id:uuid}", reason, name="accounts:desk_access", methods=["POST"]),
]
