"""Accounts of the department's staff: they join, found and broker nothing (README h)."""

from __future__ import annotations

from uuid import UUID

from market.accounts.models import User
from market.kit.errors import Conflict
from market.kit.i18n import gettext as _


async def require_no_staff(user_id: UUID) -> None:
    """Raise if the person decides or audits for the department.

    Raises:
        Conflict: they do.
    """
    if await User.exists(id=user_id, staff_role__not_isnull=True):
        raise Conflict(_("工作人员账号不能登记、加入单位或登记为技术经纪人。请另用个人账号。"))
