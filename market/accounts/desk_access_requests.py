"""The page that asks the desk why it opens a record that no submitted claim names, shown in its place."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from wtforms import ValidationError

from market.accounts.desk_access import VALID, ReasonNeeded
from market.accounts.proof_requests import address_of_page
from market.kit.form_fields import LongTextField, Required
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import rooms
from market.kit.templating import render

LEAST_REASON = 6
"""Characters of a reason."""


class ReasonForm(BaseForm):
    """Why a record is opened."""

    reason = LongTextField(lazy("查看理由"), [Required(lazy("请写明查看理由。"))], max_length=300)

    def validate_reason(self, field: LongTextField) -> None:
        if len(str(field.data)) < LEAST_REASON:
            raise ValidationError(_("请写得具体些，至少 %(least)s 个字。", least=LEAST_REASON))


def ask_for_reason(request: Request, error: ReasonNeeded) -> Response:
    """Return the page that asks for a reason, after which the page that was asked for opens."""
    target = address_of_page(request) if request.method == "GET" else ""
    return reason_page(request, ReasonForm(), error.kind, error.record_id, target, error.status)


def reason_page(
    request: Request, form: ReasonForm, kind: str, record_id: UUID, target: str, status: int
) -> Response:
    """Return the page with its form."""
    subject = rooms().subjects.get(kind)
    return render(
        request,
        "accounts/desk_access.html",
        status,
        form=form,
        kind=kind,
        kind_label=subject.label if subject else kind,
        record_id=record_id,
        target=target,
        hours=int(VALID.total_seconds() // 3600),
    )
