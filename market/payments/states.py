"""Statuses, kinds, workflows and audit verbs of payments, transfers, refunds, disputes and bank lines."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.workflow import Workflow


class Bank(LabelEnum):
    """Banks whose statement files are read."""

    ICBC = "icbc", lazy("工商银行")
    CCB = "ccb", lazy("建设银行")
    BOC = "boc", lazy("中国银行")
    OTHER = "other", lazy("其他银行")
    """Any other, by the heads that banks use or a mapping made by hand."""


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


class PaymentStatus(LabelEnum):
    PREPARED = "prepared", lazy("准备中")
    """Stored; the gateway has perhaps not been called yet."""
    PENDING = "pending", lazy("待支付"), "due"
    """The gateway has a page where the buyer can pay."""
    SUCCEEDED = "succeeded", lazy("已支付"), "done"
    FAILED = "failed", lazy("支付未成功"), "wrong"
    EXPIRED = "expired", lazy("已超时关闭")
    REFUNDED = "refunded", lazy("已退款"), "note"


class PaymentAction(LabelEnum):
    OPEN = "open", lazy("打开付款页")
    """The gateway made a page for it."""
    SUCCEED = "succeed", lazy("支付成功")
    FAIL = "fail", lazy("支付未成功")
    EXPIRE = "expire", lazy("超时关闭")
    REFUND = "refund", lazy("全额退款")
    """Refunded in full."""
    RESTORE = "restore", lazy("退款未成，恢复已支付")
    """A refund failed after all."""


P, PA = PaymentStatus, PaymentAction
OPEN_PAYMENTS = (P.PREPARED, P.PENDING)
"""A payable has at most one payment in these."""
PAYMENT: Workflow[PaymentStatus, PaymentAction] = Workflow(
    {
        (P.PREPARED, PA.OPEN): P.PENDING,
        (P.PREPARED, PA.SUCCEED): P.SUCCEEDED,
        (P.PREPARED, PA.FAIL): P.FAILED,
        (P.PREPARED, PA.EXPIRE): P.EXPIRED,
        (P.PENDING, PA.SUCCEED): P.SUCCEEDED,
        (P.PENDING, PA.FAIL): P.FAILED,
        (P.PENDING, PA.EXPIRE): P.EXPIRED,
        # The gateway decides: money that arrived is recorded even if the payment had been ended here.
        (P.FAILED, PA.SUCCEED): P.SUCCEEDED,
        (P.EXPIRED, PA.SUCCEED): P.SUCCEEDED,
        (P.SUCCEEDED, PA.REFUND): P.REFUNDED,
        (P.REFUNDED, PA.RESTORE): P.SUCCEEDED,
    },
    refusal=lazy("这笔付款的状态已经变化，请刷新后再看。"),
)


class RemittanceStatus(LabelEnum):
    RECORDED = "recorded", lazy("已登记，待确认"), "due"
    CONFIRMED = "confirmed", lazy("已确认到账"), "done"
    REJECTED = "rejected", lazy("核对不符"), "wrong"


class RemittanceAction(LabelEnum):
    CONFIRM = "confirm", lazy("确认到账")
    REJECT = "reject", lazy("核对不符")


REMITTANCE: Workflow[RemittanceStatus, RemittanceAction] = Workflow(
    {
        (RemittanceStatus.RECORDED, RemittanceAction.CONFIRM): RemittanceStatus.CONFIRMED,
        (RemittanceStatus.RECORDED, RemittanceAction.REJECT): RemittanceStatus.REJECTED,
    },
    refusal=lazy("这笔对公转账已经有人处理，请刷新后再看。"),
)


class RefundStatus(LabelEnum):
    RECORDED = "recorded", lazy("已登记，待确认"), "due"
    """A transfer back by bank, recorded by one person; another confirms that it left."""
    PREPARED = "prepared", lazy("准备退款"), "due"
    """Stored; the gateway has perhaps not been called yet."""
    PENDING = "pending", lazy("退款中"), "act"
    """The gateway has accepted it; the money is on its way."""
    SUCCEEDED = "succeeded", lazy("已退款"), "done"
    FAILED = "failed", lazy("退款未成功"), "wrong"
    REJECTED = "rejected", lazy("不予退款")


class RefundAction(LabelEnum):
    SEND = "send", lazy("平台受理退款")
    """The gateway has accepted it."""
    SUCCEED = "succeed", lazy("退款成功")
    FAIL = "fail", lazy("退款未成功")
    CONFIRM = "confirm", lazy("确认退款")
    REJECT = "reject", lazy("没有退出")


R, RA = RefundStatus, RefundAction
REFUND: Workflow[RefundStatus, RefundAction] = Workflow(
    {
        (R.PREPARED, RA.SEND): R.PENDING,
        (R.PREPARED, RA.SUCCEED): R.SUCCEEDED,
        (R.PREPARED, RA.FAIL): R.FAILED,
        (R.PENDING, RA.SUCCEED): R.SUCCEEDED,
        (R.PENDING, RA.FAIL): R.FAILED,
        # The payer's bank may send a refund back days after the gateway reported it as done.
        (R.SUCCEEDED, RA.FAIL): R.FAILED,
        (R.RECORDED, RA.CONFIRM): R.SUCCEEDED,
        (R.RECORDED, RA.REJECT): R.REJECTED,
    },
    refusal=lazy("这笔退款的状态已经变化，请刷新后再看。"),
)


class DisputeStatus(LabelEnum):
    WARNING = "warning", lazy("拒付询问"), "due"
    """An inquiry; no money was taken yet."""
    OPEN = "open", lazy("拒付争议中"), "wrong"
    """The money is withheld from the seller until the bank decides."""
    WON = "won", lazy("争议胜诉"), "done"
    LOST = "lost", lazy("争议败诉"), "wrong"
    CLOSED = "closed", lazy("询问已结束")
    """An inquiry that ended without a dispute."""


class DisputeAction(LabelEnum):
    """What the payer's bank decides, as the gateway reports it."""

    ESCALATE = "escalate", lazy("转为拒付争议")
    WIN = "win", lazy("争议胜诉")
    LOSE = "lose", lazy("争议败诉")
    CLOSE = "close", lazy("询问结束")


D, DA = DisputeStatus, DisputeAction
DISPUTE: Workflow[DisputeStatus, DisputeAction] = Workflow(
    {
        (D.WARNING, DA.ESCALATE): D.OPEN,
        (D.WARNING, DA.WIN): D.WON,
        (D.WARNING, DA.LOSE): D.LOST,
        (D.WARNING, DA.CLOSE): D.CLOSED,
        (D.OPEN, DA.WIN): D.WON,
        (D.OPEN, DA.LOSE): D.LOST,
    }
)


class SkipReason(LabelEnum):
    """Why a row of a statement's file is no new line."""

    SUMMARY = "summary", lazy("合计、表头或说明，不是交易")
    NO_AMOUNT = "no_amount", lazy("没有发生额")
    CURRENCY = "currency", lazy("币种不认识"), "due"
    DIRECTION = "direction", lazy("收支方向不认识"), "due"
    UNREADABLE = "unreadable", lazy("没有读懂"), "due"
    FUTURE = "future", lazy("日期晚于今天"), "due"
    KNOWN = "known", lazy("以前导入过")
    """The same line was imported with an earlier statement."""


UNDERSTOOD = (SkipReason.SUMMARY, SkipReason.NO_AMOUNT, SkipReason.KNOWN)
"""Reasons that leave nothing to do."""


class LineStatus(LabelEnum):
    """Status of a line of a bank statement."""

    NEW = "new", lazy("待匹配")
    """Read from the file, not matched yet."""
    OPEN = "open", lazy("待认领"), "due"
    """No payable was found; a person decides."""
    MATCHED = "matched", lazy("已匹配，待确认"), "due"
    """A person, or the matching job on behalf of the importer, proposes what it pays; another confirms."""
    BOOKED = "booked", lazy("已入账"), "done"
    """Confirmed, and a remittance."""
    RETURNED = "returned", lazy("已退回"), "note"
    """Sent back to the payer: it paid for nothing here."""
    SET_ASIDE = "set_aside", lazy("与合同无关")
    """Has nothing to do with a contract."""
    OUTGOING = "outgoing", lazy("支出")
    """Money that left."""
    SIMILAR = "similar", lazy("疑似重复，待判断"), "due"
    """May be a line of an earlier statement; a person decides."""
    DUPLICATE = "duplicate", lazy("与以前的流水是同一笔")
    REVERSAL = "reversal", lazy("冲正，待处理"), "wrong"
    """Takes a booking back that is not known, or was confirmed here before."""
    SETTLED = "settled", lazy("冲正，已对上")
    """Reverses a line, which pays for nothing any more."""
    REVERSED = "reversed", lazy("已被银行冲正"), "wrong"
    """The bank took it back before it was confirmed."""


class LineAction(LabelEnum):
    FIND = "find", lazy("自动匹配")
    MISS = "miss", lazy("转人工认领")
    KNOW = "know", lazy("对上已确认的转账")
    """It is a transfer that was confirmed before the import."""
    MATCH = "match", lazy("认领")
    RELEASE = "release", lazy("取消匹配")
    BOOK = "book", lazy("确认到账")
    RETURN = "return", lazy("登记退回")
    KEEP = "keep", lazy("没有退出")
    """The money does not go back after all."""
    SET_ASIDE = "set_aside", lazy("记为无关")
    REOPEN = "reopen", lazy("重新认领")
    SAME = "same", lazy("是同一笔")
    DIFFER = "differ", lazy("不是同一笔")
    REVERSE = "reverse", lazy("被银行冲正")
    PAIR = "pair", lazy("对上被冲正的流水")
    TREAT_AS_INCOMING = "treat_as_incoming", lazy("记为到账")
    TREAT_AS_OUTGOING = "treat_as_outgoing", lazy("记为支出")
    TREAT_AS_REVERSAL = "treat_as_reversal", lazy("记为冲正")


L, LA = LineStatus, LineAction
BANK_LINE: Workflow[LineStatus, LineAction] = Workflow(
    {
        (L.NEW, LA.FIND): L.MATCHED,
        (L.NEW, LA.MISS): L.OPEN,
        (L.NEW, LA.KNOW): L.BOOKED,
        (L.OPEN, LA.MATCH): L.MATCHED,
        (L.MATCHED, LA.RELEASE): L.OPEN,
        (L.MATCHED, LA.BOOK): L.BOOKED,
        (L.OPEN, LA.RETURN): L.RETURNED,
        (L.RETURNED, LA.KEEP): L.OPEN,
        (L.OPEN, LA.SET_ASIDE): L.SET_ASIDE,
        (L.SET_ASIDE, LA.REOPEN): L.OPEN,
        (L.SIMILAR, LA.SAME): L.DUPLICATE,
        (L.SIMILAR, LA.DIFFER): L.OPEN,
        (L.DUPLICATE, LA.DIFFER): L.OPEN,
        (L.NEW, LA.REVERSE): L.REVERSED,
        (L.OPEN, LA.REVERSE): L.REVERSED,
        (L.MATCHED, LA.REVERSE): L.REVERSED,
        (L.SET_ASIDE, LA.REVERSE): L.REVERSED,
        (L.REVERSAL, LA.PAIR): L.SETTLED,
        (L.REVERSAL, LA.TREAT_AS_INCOMING): L.OPEN,
        (L.REVERSAL, LA.TREAT_AS_OUTGOING): L.OUTGOING,
        (L.OPEN, LA.TREAT_AS_OUTGOING): L.OUTGOING,
        (L.OPEN, LA.TREAT_AS_REVERSAL): L.REVERSAL,
    },
    refusal=lazy("这笔流水已经有人处理，请刷新后再看。"),
)


class PaymentVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    START = "start", lazy("发起支付")


class RemittanceVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    RECORD = "record", lazy("登记转账")


class RefundVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    REQUEST = "request", lazy("申请在线退款")
    RECORD = "record", lazy("登记退款")
    ADOPT = "adopt", lazy("记入平台上的退款")


class DisputeVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    REPORT = "report", lazy("收到拒付")


class StatementVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    IMPORT = "import", lazy("导入")
    MATCH = "match", lazy("自动匹配")
    CONFIRM_ACCOUNT = "confirm_account", lazy("确认账户")


class AccountVerb(LabelEnum):
    """Audit verbs besides the actions of the workflows."""

    CONNECT = "connect_account", lazy("开通收款账户")
