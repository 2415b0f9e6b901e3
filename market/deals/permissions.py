"""Which roles may do what in this room. Whose record it is, the guarded getters decide."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from market.accounts.permissions import ALL_MEMBERS, ORGANISATION, Role


class DealAct(StrEnum):
    """Everything that changes a record of this room, or shows what is not public."""

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
    SIGN = "sign"
    REGISTER_CONTRACT = "register_contract"
    RECORD_REMITTANCE = "record_remittance"


PERMISSIONS: Mapping[StrEnum, frozenset[Role]] = {
    DealAct.INTRODUCE: frozenset({Role.BROKER}),
    DealAct.OPEN_DEAL: ORGANISATION,
    DealAct.SEE_DEALS: ALL_MEMBERS | {Role.BROKER, Role.AUDITOR},
    DealAct.MAKE_OFFER: ORGANISATION,
    DealAct.ACCEPT_OFFER: ORGANISATION,
    DealAct.UPLOAD_TO_DEAL: ALL_MEMBERS | {Role.BROKER},
    DealAct.WRITE_MESSAGE: ALL_MEMBERS | {Role.BROKER},
    DealAct.FOLLOW_UP: frozenset({Role.BROKER}),
    DealAct.TERMINATE_DEAL: ORGANISATION,
    DealAct.PUBLISH_PRICE: ORGANISATION,
    DealAct.SIGN: ORGANISATION,
    DealAct.REGISTER_CONTRACT: ORGANISATION,
    DealAct.RECORD_REMITTANCE: ALL_MEMBERS,
}
