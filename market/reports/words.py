"""What figures and rows of a statement are called."""

from __future__ import annotations

from market.codes.labels import label
from market.kit.i18n import gettext as _
from market.reports.statements import Entry, Figure


def figure_name(figure: Figure) -> str:
    """Return what people call a figure."""
    return {
        Figure.AGREED: _("约定价款"),
        Figure.DUE: _("到期应付"),
        Figure.RECEIVED: _("到账"),
        Figure.REFUNDED: _("退款"),
        Figure.COMMISSIONED: _("佣金"),
        Figure.SHARED: _("奖励发放"),
        Figure.SUBSIDISED: _("补助拨付"),
    }[figure]


def entry_text(entry: Entry) -> str:
    """Return what a row is, in words."""
    if entry.figure in (Figure.AGREED, Figure.DUE):
        return _("第 %(n)s 期　%(text)s", n=entry.part, text=entry.text)
    if entry.part:
        return _("第 %(n)s 期　%(text)s", n=entry.part, text=label("receipt_source", entry.text))
    return {
        "surplus": _("多付款项"),
        "surplus_refund": _("多付款项退回"),
        "commission": _("经纪人佣金"),
        "commission_back": _("退款冲减佣金"),
        "reward": _("奖励发放"),
    }.get(entry.text, entry.text)
