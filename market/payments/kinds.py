"""Kinds of payments' records, with their labels."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class Bank(LabelEnum):
    """Banks whose statement files are read."""

    ICBC = "icbc", lazy("工商银行")
    CCB = "ccb", lazy("建设银行")
    BOC = "boc", lazy("中国银行")


class MatchBasis(LabelEnum):
    """How a bank line was matched with a payable."""

    REFERENCE = "reference", lazy("按付款附言")
    RECORDED = "recorded", lazy("按登记过的转账")
    PAYER = "payer", lazy("按付款单位和金额")
    HAND = "hand", lazy("人工认领")


class DisputeReason(LabelEnum):
    """Why a payer disputes a payment, as the gateway names it."""

    CREDIT_NOT_PROCESSED = "credit_not_processed", lazy("该退的没有退")
    DUPLICATE = "duplicate", lazy("重复扣款")
    FRAUDULENT = "fraudulent", lazy("付款人称被冒用")
    GENERAL = "general", lazy("一般争议")
    PRODUCT_NOT_RECEIVED = "product_not_received", lazy("没有收到成果")
    PRODUCT_UNACCEPTABLE = "product_unacceptable", lazy("成果不符约定")
    UNRECOGNIZED = "unrecognized", lazy("付款人不认识这笔付款")


class DifferenceKind(LabelEnum):
    """How our record and the gateway's differ."""

    PAID_THERE = "paid_there", lazy("平台已收款，我方未记")
    NOT_PAID_THERE = "not_paid_there", lazy("我方已记收款，平台未收")
    UNKNOWN_PAGE = "unknown_page", lazy("平台有收款，我方没有这笔付款")
    MISSING_PAGE = "missing_page", lazy("我方有收款，平台没有这笔付款")
    PAGE_DIFFERS = "page_differs", lazy("付款金额不同")
    UNKNOWN_REFUND = "unknown_refund", lazy("平台有退款，我方没有")
    MISSING_REFUND = "missing_refund", lazy("我方有退款，平台没有")
    REFUND_DIFFERS = "refund_differs", lazy("退款状态或金额不同")
    UNKNOWN_DISPUTE = "unknown_dispute", lazy("平台有拒付，我方没有")
    MISSING_DISPUTE = "missing_dispute", lazy("我方有拒付，平台没有")
    DISPUTE_DIFFERS = "dispute_differs", lazy("拒付状态或金额不同")
