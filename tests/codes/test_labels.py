import importlib
import pkgutil
from collections.abc import Iterator
from enum import StrEnum
from typing import get_args

import pytest

import market
from market.accounts import models as accounts
from market.alerts import models as alerts
from market.budgets import models as budgets_models
from market.claims import models as claims_models
from market.codes import labels, lists
from market.codes.states import STATES, Tone
from market.contracts import models as contracts
from market.deals import models as deals
from market.files import models as files
from market.integrity import models as integrity
from market.integrity import models as integrity_models
from market.kit.i18n import DEFAULT, set_locale
from market.kit.labels import LabelEnum
from market.ledger import models as ledger
from market.listings import models as listings
from market.matching import models as matching
from market.notices import models as notices
from market.payments import models as payments
from market.programmes import models as programmes_models

ENUMS: dict[str, type[StrEnum]] = {
    "outcome": listings.OutcomeStatus,
    "need": listings.NeedStatus,
    "match": matching.MatchStatus,
    "deal": deals.DealStatus,
    "offer": deals.OfferStatus,
    "notice": notices.NoticeStatus,
    "objection": notices.ObjectionStatus,
    "claim": claims_models.ClaimStatus,
    "batch": budgets_models.BatchStatus,
    "disbursement": budgets_models.DisbursementStatus,
    "terms": programmes_models.TermsStatus,
    "payment": payments.PaymentStatus,
    "remittance": payments.RemittanceStatus,
    "organisation": accounts.OrganisationStatus,
    "membership": accounts.MemberStatus,
    "sanction": integrity.SanctionStatus,
    "sanction_grade": integrity.SanctionGrade,
    "review": listings.ReviewDecision,
    "contract_kind": deals.ContractKind,
    "organisation_kind": accounts.OrganisationKind,
    "staff_role": accounts.StaffRole,
    "member_role": accounts.MemberRole,
    "certificate_level": accounts.CertificateLevel,
    "price_kind": listings.PriceKind,
    "side": deals.Side,
    "opening": deals.Opening,
    "notice_kind": notices.NoticeKind,
    "day_kind": notices.DayKind,
    "receipt_source": contracts.ReceiptSource,
    "tier": files.Tier,
    "scope": integrity.Scope,
    "deal_action": deals.DealAction,
    "claim_action": claims_models.ClaimAction,
    "run_stage": budgets_models.RunStage,
    "clawback": budgets_models.ClawbackStatus,
    "payment_way": deals.PaymentWay,
    "change_kind": contracts.ChangeKind,
    "alert_frequency": alerts.Frequency,
    "bank_line": payments.LineStatus,
    "refund": payments.RefundStatus,
    "dispute": payments.DisputeStatus,
}

NEVER_SHOWN: set[type[StrEnum]] = {accounts.TokenPurpose, ledger.Phase, integrity_models.TieKind}

READ_NOT_STORED = {"outcome": {"negotiating"}, "deal": {"suspended"}}


def _enums_of_all_rooms() -> Iterator[type[StrEnum]]:
    for room in pkgutil.iter_modules(market.__path__, "market."):
        if not room.ispkg:
            continue
        try:
            models = importlib.import_module(f"{room.name}.models")
        except ModuleNotFoundError:
            continue
        for found in vars(models).values():
            is_enum = isinstance(found, type) and issubclass(found, StrEnum) and found is not StrEnum
            # A LabelEnum brings its names along.
            if is_enum and not issubclass(found, LabelEnum):
                yield found


@pytest.mark.parametrize("kind", ENUMS)
def test_every_member_of_an_enum_has_a_name_and_no_name_is_left_over(kind: str) -> None:
    members = {str(member) for member in ENUMS[kind]} | READ_NOT_STORED.get(kind, set())

    assert set(labels.labels(kind)) == members


def test_every_enum_of_a_room_is_in_the_table() -> None:
    unnamed = set(_enums_of_all_rooms()) - set(ENUMS.values()) - NEVER_SHOWN

    assert unnamed == set()


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("deal", deals.DealStatus.TO_SIGN, "待签约"),
        ("claim", "supplement", "补正通知"),
        ("claim", "rejected", "不予支持"),
        ("notice", "clear", "公示无异议"),
        ("field", "biomedicine", "生物、医药和医疗器械"),
        ("field", "", "未分类"),
        ("mode", "", ""),
    ],
)
def test_people_read_the_words_they_know(kind: str, value: str, expected: str) -> None:
    assert labels.label(kind, value) == expected


def test_a_name_is_shown_in_the_language_of_the_reader() -> None:
    set_locale("zh-Hant")
    try:
        assert labels.label("deal", "to_sign") == "待簽約"
    finally:
        set_locale(DEFAULT)


@pytest.mark.parametrize(("kind", "value"), [("outcome", "lost"), ("nothing", "draft")])
def test_a_value_that_nobody_named_is_a_fault(kind: str, value: str) -> None:
    with pytest.raises(KeyError):
        labels.label(kind, value)


def test_every_state_has_a_tone_that_the_style_sheet_knows() -> None:
    tones = {tone for states in STATES.values() for tone, _ in states.values()}

    assert tones == set(get_args(Tone))
    assert labels.tone("notice", notices.NoticeStatus.OPEN) == "note"
    assert labels.tone("field", "energy") == "plain"
    assert labels.tone("deal", "") == "plain"


def test_a_select_offers_a_kind_in_the_order_of_the_table() -> None:
    offered = labels.choices("drop_reason")

    assert [key for key, _ in offered] == list(lists.DROP_REASONS)
    assert offered[0] == ("field", "领域不符")


def test_no_kind_is_both_a_state_and_a_word() -> None:
    assert not set(STATES) & set(labels.WORDS)
