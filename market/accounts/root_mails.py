"""Mails of signed roots to the auditors: a copy outside the operator's reach."""

from __future__ import annotations

from datetime import datetime, timedelta

from market.accounts.models import StaffRole, User
from market.audit.export_format import canonical_json, hourly_root_to_export_row
from market.audit.models import HourlyRoot
from market.kit.clock import end_of_day, local_date
from market.kit.database import atomic
from market.kit.formats import moment
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.kit.mail import queue_mail


@atomic()
async def mail_root_of_day(root: HourlyRoot, *, now: datetime) -> int:
    """Mail a root to the auditors if it is the first of its day; return how many mails were queued."""
    day = local_date(root.until - timedelta(microseconds=1))
    begin = end_of_day(day - timedelta(days=1))
    if await HourlyRoot.filter(until__gt=begin, until__lt=root.until).exists():
        return 0
    auditors = await User.filter(staff_role=StaffRole.AUDITOR, is_active=True)
    line = canonical_json({"hour": hourly_root_to_export_row(root)})
    with in_source_language():
        subject = _("科转：责任日志校验值（截至 %(at)s）", at=moment(root.until))
        text = _(
            "请保存这封邮件。下面一行是责任日志截至 %(at)s 的校验值，由库外的密钥签名；"
            "日后把它存成文件，用 market audit verify --against 文件 就能核对日志有没有被改动或截短。",
            at=moment(root.until),
        )
    for auditor in auditors:
        await queue_mail(auditor.email, subject, f"{text}\n\n{line}\n", now=now)
    return len(auditors)
