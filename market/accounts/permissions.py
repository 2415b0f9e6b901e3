"""Who may do what: one table of act × role. Whose record it is, the guarded getters decide."""

from __future__ import annotations

from enum import StrEnum

from market.accounts.models import OrganisationKind
from market.kit.errors import Forbidden
from market.kit.i18n import gettext as _


class Role(StrEnum):
    """What a person is, for the moment of one request. A person may be several things at once."""

    GUEST = "guest"
    PERSON = "person"
    """Signed in with a confirmed address; acts for nobody."""
    ADMIN = "admin"
    """Administrator of a verified organisation; may all that an agent may."""
    AGENT = "agent"
    """经办人 of a verified organisation."""
    FINANCE = "finance"
    """财务 of a verified organisation."""
    BROKER = "broker"
    OFFICER = "officer"
    RECHECKER = "rechecker"
    APPROVER = "approver"
    REVIEWER = "reviewer"
    OPERATOR = "operator"
    AUDITOR = "auditor"


class Act(StrEnum):
    """Everything that changes a record, or shows what is not public."""

    MANAGE_MEMBERS = "manage_members"
    EDIT_ORGANISATION = "edit_organisation"
    VERIFY_ORGANISATION = "verify_organisation"
    WRITE_LISTING = "write_listing"
    MODERATE = "moderate"
    SEE_MATCHES = "see_matches"
    JUDGE_MATCH = "judge_match"
    TAKE_UP = "take_up"
    INTRODUCE = "introduce"
    OPEN_DEAL = "open_deal"
    SEE_DEALS = "see_deals"
    MAKE_OFFER = "make_offer"
    ACCEPT_OFFER = "accept_offer"
    UPLOAD_TO_DEAL = "upload_to_deal"
    WRITE_MESSAGE = "write_message"
    FOLLOW_UP = "follow_up"
    TERMINATE_DEAL = "terminate_deal"
    PUBLISH_PRICE = "publish_price"
    OBJECT = "object"
    ANSWER_OBJECTION = "answer_objection"
    DECIDE_OBJECTION = "decide_objection"
    EXTEND_NOTICE = "extend_notice"
    SIGN = "sign"
    REGISTER_CONTRACT = "register_contract"
    CHANGE_CONTRACT = "change_contract"
    STATE_ROYALTY = "state_royalty"
    RECORD_REMITTANCE = "record_remittance"
    CONFIRM_REMITTANCE = "confirm_remittance"
    CONFIRM_PAID_IN = "confirm_paid_in"
    IMPORT_STATEMENT = "import_statement"
    """Hand in a bank statement and say what its lines pay."""
    REFUND = "refund"
    CONFIRM_REFUND = "confirm_refund"
    SEE_RECONCILIATION = "see_reconciliation"
    """Compare our record of online payments with the gateway's: finance its own, operators all."""
    PAY_ONLINE = "pay_online"
    CONNECT_ACCOUNT = "connect_account"
    SHARE_REWARDS = "share_rewards"
    SEE_REWARDS = "see_rewards"
    PAY_REWARDS = "pay_rewards"
    REPORT_SALES = "report_sales"
    WRITE_CLAIM = "write_claim"
    SEE_DESK = "see_desk"
    ACCEPT_CLAIM = "accept_claim"
    CALCULATE = "calculate"
    RECHECK = "recheck"
    MAKE_LIST = "make_list"
    CONFIRM_LIST = "confirm_list"
    DECLARE_CONFLICT = "declare_conflict"
    ASSIGN_EXPERTS = "assign_experts"
    SCORE_CLAIM = "score_claim"
    START_CLAWBACK = "start_clawback"
    CONFIRM_CLAWBACK = "confirm_clawback"
    APPROVE = "approve"
    DISBURSE = "disburse"
    DRAFT_TERMS = "draft_terms"
    RELEASE_TERMS = "release_terms"
    MANAGE_SANCTIONS = "manage_sanctions"
    SEE_HOLIDAYS = "see_holidays"
    ENTER_HOLIDAYS = "enter_holidays"
    CONFIRM_HOLIDAYS = "confirm_holidays"
    RUN_JOBS = "run_jobs"
    READ_MAILS = "read_mails"
    MOVE_CLOCK = "move_clock"
    READ_AUDIT = "read_audit"
    READ_OWN_DATA = "read_own_data"
    SAVE_SEARCH = "save_search"


_ORGANISATION = frozenset({Role.ADMIN, Role.AGENT})
_ALL_MEMBERS = frozenset({Role.ADMIN, Role.AGENT, Role.FINANCE})
_STAFF = frozenset({Role.OFFICER, Role.RECHECKER, Role.APPROVER, Role.OPERATOR, Role.AUDITOR})
_EVERYBODY_KNOWN = frozenset(set(Role) - {Role.GUEST})

PERMISSIONS: dict[Act, frozenset[Role]] = {
    Act.MANAGE_MEMBERS: frozenset({Role.ADMIN}),
    Act.EDIT_ORGANISATION: frozenset({Role.ADMIN}),
    Act.VERIFY_ORGANISATION: frozenset({Role.OPERATOR}),
    Act.WRITE_LISTING: _ORGANISATION,
    Act.MODERATE: frozenset({Role.OPERATOR}),
    Act.SEE_MATCHES: _ORGANISATION | {Role.BROKER},
    Act.JUDGE_MATCH: _ORGANISATION,
    Act.TAKE_UP: frozenset({Role.BROKER}),
    Act.INTRODUCE: frozenset({Role.BROKER}),
    Act.OPEN_DEAL: _ORGANISATION,
    Act.SEE_DEALS: _ALL_MEMBERS | {Role.BROKER, Role.AUDITOR},
    Act.MAKE_OFFER: _ORGANISATION,
    Act.ACCEPT_OFFER: _ORGANISATION,
    Act.UPLOAD_TO_DEAL: _ALL_MEMBERS | {Role.BROKER},
    Act.WRITE_MESSAGE: _ALL_MEMBERS | {Role.BROKER},
    Act.FOLLOW_UP: frozenset({Role.BROKER}),
    Act.TERMINATE_DEAL: _ORGANISATION,
    Act.PUBLISH_PRICE: _ORGANISATION,
    Act.OBJECT: _EVERYBODY_KNOWN - {Role.AUDITOR},
    Act.ANSWER_OBJECTION: _ORGANISATION | {Role.OFFICER},
    Act.DECIDE_OBJECTION: frozenset({Role.OPERATOR}),
    Act.EXTEND_NOTICE: _ORGANISATION | {Role.RECHECKER},
    Act.SIGN: _ORGANISATION,
    Act.REGISTER_CONTRACT: _ORGANISATION,
    Act.CHANGE_CONTRACT: _ORGANISATION,
    Act.STATE_ROYALTY: _ALL_MEMBERS,
    Act.RECORD_REMITTANCE: _ALL_MEMBERS,
    Act.CONFIRM_REMITTANCE: frozenset({Role.FINANCE}),
    Act.CONFIRM_PAID_IN: frozenset({Role.FINANCE}),
    Act.IMPORT_STATEMENT: _ALL_MEMBERS,
    Act.REFUND: frozenset({Role.ADMIN, Role.FINANCE}),
    Act.CONFIRM_REFUND: frozenset({Role.FINANCE}),
    Act.SEE_RECONCILIATION: frozenset({Role.FINANCE, Role.OFFICER, Role.OPERATOR, Role.AUDITOR}),
    Act.PAY_ONLINE: _ALL_MEMBERS,
    Act.CONNECT_ACCOUNT: frozenset({Role.ADMIN, Role.FINANCE}),
    Act.SHARE_REWARDS: _ORGANISATION,
    Act.SEE_REWARDS: _ALL_MEMBERS | {Role.AUDITOR},
    Act.PAY_REWARDS: frozenset({Role.FINANCE}),
    Act.REPORT_SALES: _ORGANISATION,
    Act.WRITE_CLAIM: _ORGANISATION,
    Act.SEE_DESK: frozenset({Role.OFFICER, Role.RECHECKER, Role.APPROVER, Role.AUDITOR}),
    Act.ACCEPT_CLAIM: frozenset({Role.OFFICER}),
    Act.CALCULATE: frozenset({Role.OFFICER}),
    Act.RECHECK: frozenset({Role.RECHECKER}),
    Act.MAKE_LIST: frozenset({Role.OFFICER, Role.RECHECKER}),
    Act.CONFIRM_LIST: frozenset({Role.RECHECKER}),
    Act.DECLARE_CONFLICT: frozenset({Role.OFFICER, Role.RECHECKER, Role.APPROVER}),
    Act.ASSIGN_EXPERTS: frozenset({Role.OPERATOR}),
    Act.SCORE_CLAIM: frozenset({Role.REVIEWER}),
    Act.START_CLAWBACK: frozenset({Role.OFFICER}),
    Act.CONFIRM_CLAWBACK: frozenset({Role.APPROVER}),
    Act.APPROVE: frozenset({Role.APPROVER}),
    Act.DISBURSE: frozenset({Role.OFFICER}),
    Act.DRAFT_TERMS: frozenset({Role.OFFICER}),
    Act.RELEASE_TERMS: frozenset({Role.APPROVER}),
    Act.MANAGE_SANCTIONS: frozenset({Role.OPERATOR}),
    Act.SEE_HOLIDAYS: frozenset({Role.OPERATOR, Role.APPROVER, Role.AUDITOR}),
    Act.ENTER_HOLIDAYS: frozenset({Role.OPERATOR}),
    Act.CONFIRM_HOLIDAYS: frozenset({Role.APPROVER}),
    Act.RUN_JOBS: frozenset({Role.OPERATOR}),
    Act.READ_MAILS: frozenset(Role),
    Act.MOVE_CLOCK: frozenset({Role.OPERATOR}),
    Act.READ_AUDIT: frozenset({Role.AUDITOR}),
    Act.READ_OWN_DATA: _EVERYBODY_KNOWN,
    Act.SAVE_SEARCH: _EVERYBODY_KNOWN - {Role.AUDITOR},
}
"""`READ_MAILS` is for the demo's page of mails, which exists in demo mode only."""

SELLERS = frozenset(
    {
        OrganisationKind.UNIVERSITY,
        OrganisationKind.INSTITUTE,
        OrganisationKind.ENTERPRISE,
        OrganisationKind.FARMERS_COOP,
    }
)
"""Kinds of organisation that may offer outcomes."""
BUYERS = frozenset({OrganisationKind.ENTERPRISE, OrganisationKind.FARMERS_COOP})
"""Kinds of organisation that post needs, buy, and claim."""
STAFF = _STAFF | {Role.REVIEWER}


class NotYours(Forbidden):
    """The person's roles do not include one that may do this."""


def may(roles: frozenset[Role], act: Act) -> bool:
    """Tell whether one of these roles may do this."""
    return not roles.isdisjoint(PERMISSIONS[act])


def require(roles: frozenset[Role], act: Act) -> None:
    """Let pass only who may do this.

    Raises:
        NotYours: none of the roles may.
    """
    if not may(roles, act):
        raise NotYours(_("您的身份不能做这件事。"))
