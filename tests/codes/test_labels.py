import importlib
import pkgutil
from collections.abc import Iterator
from enum import StrEnum
from typing import get_args

import pytest

import market
from market.accounts import models as accounts
from market.codes import labels, lists
from market.deals import models as deals
from market.deals.states import DealStatus
from market.integrity import models as integrity_models
from market.kit.i18n import DEFAULT, set_locale
from market.kit.labels import LabelEnum, Tone
from market.ledger import models as ledger
from market.notices.states import NoticeStatus
from market.rooms import ROOMS

ENUMS: dict[str, type[StrEnum]] = {
    "contract_kind": deals.ContractKind,
    "organisation_kind": accounts.OrganisationKind,
    "staff_role": accounts.StaffRole,
    "member_role": accounts.MemberRole,
    "certificate_level": accounts.CertificateLevel,
    "payment_way": deals.PaymentWay,
}

NEVER_SHOWN: set[type[StrEnum]] = {accounts.TokenPurpose, ledger.Phase, integrity_models.TieKind}


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
    members = {str(member) for member in ENUMS[kind]}

    assert set(labels.labels(kind)) == members


def test_every_enum_of_a_room_is_in_the_table() -> None:
    unnamed = set(_enums_of_all_rooms()) - set(ENUMS.values()) - NEVER_SHOWN

    assert unnamed == set()


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("deal", DealStatus.TO_SIGN, "待签约"),
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
    tones = {member.tone for members in ROOMS.labels.values() for member in members.values()}

    assert tones == set(get_args(Tone))
    assert labels.tone("notice", NoticeStatus.OPEN) == "note"
    assert labels.tone("field", "energy") == "plain"
    assert labels.tone("deal", "") == "plain"


def test_a_select_offers_a_kind_in_the_order_of_the_table() -> None:
    offered = labels.choices("drop_reason")

    assert [key for key, _ in offered] == list(lists.DROP_REASONS)
    assert offered[0] == ("field", "领域不符")


def test_no_kind_is_named_by_a_room_and_by_the_code_lists() -> None:
    assert not set(ROOMS.labels) & set(labels.LABELS)
