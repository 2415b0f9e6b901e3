"""What the room of contracts and their money contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.accounts.permissions import AccountAct
from market.contracts import (
    bank_statements,
    change_views,
    checks,
    jobs,
    models,
    money_views,
    online_payments,
    queries,
    signing_views,
    statement_views,
    views,
    worklist,
)
from market.contracts.states import (
    FRESH,
    PERMISSIONS,
    ChangeKind,
    ContractAct,
    ContractVerb,
    Disclosure,
    DraftVerb,
    ReceiptSource,
)
from market.kit.i18n import lazy
from market.kit.menus import WorkEntry, WorkGroup
from market.kit.room import LedgerAccount, Room
from market.kit.subjects import Subject, find_by

ROOM = Room(
    "contracts",
    permissions=PERMISSIONS,
    fresh=FRESH,
    models=(models,),
    routes=[
        *views.routes,
        *signing_views.routes,
        *change_views.routes,
        *money_views.routes,
        *statement_views.routes,
    ],
    jobs=(
        jobs.close_page,
        jobs.close_pages,
        jobs.match_statement,
        jobs.settle_commissions,
    ),
    subjects={
        "contract": Subject(
            lazy("合同"),
            page="contracts:show",
            number="HT",
            files=queries.may_open_contract_file,
            find=find_by(queries.get_contract_for, "/contracts", lambda contract: contract.deal.title),
            find_printed=queries.find_printed,
        ),
        "bank_statement": Subject(lazy("银行流水"), files=bank_statements.may_open_statement),
    },
    payables={models.INSTALMENT: online_payments.InstalmentPayable()},
    pending=worklist.pending,
    recent=worklist.recent,
    standing=worklist.standing,
    worklist=worklist.state_of_the_books,
    checks=checks.CHECKS,
    ledger_accounts={
        "agreed": LedgerAccount(lazy("约定价款"), is_guarded=False),
        "met": LedgerAccount(lazy("已到账"), is_guarded=False),
        "unplaced": LedgerAccount(lazy("待归属款项"), is_guarded=False),
        "fee": LedgerAccount(lazy("平台服务费"), is_guarded=False),
        "refunded": LedgerAccount(lazy("退款"), is_guarded=False),
        "charged_back": LedgerAccount(lazy("拒付扣回"), is_guarded=False),
        "due": LedgerAccount(lazy("应付款项"), is_guarded=True),
        "surplus": LedgerAccount(lazy("多付款项"), is_guarded=True),
        "disputed": LedgerAccount(lazy("拒付争议中"), is_guarded=True),
    },
    audit_verbs={"contract": (ContractVerb,), "deal": (DraftVerb,)},
    labels={
        "receipt_source": ReceiptSource,
        "change_kind": ChangeKind,
        "disclosure": Disclosure,
    },
    workbench=(
        WorkEntry(
            WorkGroup.DEALS,
            40,
            lazy("银行流水"),
            "contracts:statements",
            act=ContractAct.SEE_STATEMENTS,
            is_for=lambda actor: actor.may_sell,
            under=("/bank",),
        ),
        WorkEntry(
            WorkGroup.RECORDS,
            50,
            lazy("银行流水"),
            "contracts:statements",
            act=AccountAct.READ_AUDIT,
            under=("/bank",),
        ),
        WorkEntry(
            WorkGroup.ORGANISATION,
            40,
            lazy("在线收款"),
            "contracts:payouts",
            act=ContractAct.CONNECT_ACCOUNT,
            is_for=lambda actor: actor.may_sell,
        ),
    ),
)
