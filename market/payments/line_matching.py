"""Matches lines of a bank statement with what they pay, from the lines and the open payables alone. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from market.codes.canonical import canonical_key, normalise_width
from market.kit.money import Money
from market.payments.states import MatchBasis, RemittanceStatus

REFERENCE = re.compile(r"HT[-_ ]?(\d{4})[-_ ]?(\d{6})(?:[-_ ](\d{1,2}))?(?!\d)", re.ASCII)
"""The payment reference that payers are asked to write; see `payment_reference`."""


@dataclass(frozen=True)
class OpenPayable:
    """A payable with an open amount, as its room describes it."""

    id: UUID
    number: str
    """Of the contract."""
    sequence: int
    owed: Money
    left: Money
    """What is owed less what arrived, what is recorded, and what lines are matched with it already."""
    payer_name: str
    payer_account: str


@dataclass(frozen=True)
class RecordedRemittance:
    """A bank transfer that was recorded before the statement was imported."""

    id: UUID
    payable_id: UUID
    money: Money
    status: RemittanceStatus
    bank_reference: str
    proposed_by_id: UUID


@dataclass(frozen=True)
class LineFacts:
    """What a line says about the payment."""

    money: Money
    text: str
    payer_name: str
    payer_account: str
    bank_reference: str


@dataclass(frozen=True)
class Match:
    payable_id: UUID
    basis: MatchBasis
    remittance: RecordedRemittance | None = None
    """The transfer recorded before that this line confirms."""


def payment_reference(number: str, sequence: int) -> str:
    """Return what a payer is asked to write on the transfer (付款附言): contract number and instalment."""
    return f"{number}-{sequence}"


def references_in(text: str) -> list[tuple[str, int | None]]:
    """Return the contracts that a text names, each with the instalment if it is named too."""
    return [
        (f"HT-{year}-{count}", int(sequence) if sequence else None)
        for year, count, sequence in REFERENCE.findall(normalise_width(text))
    ]


class LineMatcher:
    """Matches lines in turn: what one line pays is no longer open for the next."""

    def __init__(self, payables: Iterable[OpenPayable], remittances: Iterable[RecordedRemittance]) -> None:
        self._payables = {payable.id: payable for payable in payables}
        self._left = {payable.id: payable.left.amount for payable in self._payables.values()}
        self._of_contract: dict[str, list[OpenPayable]] = defaultdict(list)
        self._of_payer: dict[str, list[OpenPayable]] = defaultdict(list)
        for payable in sorted(
            self._payables.values(), key=lambda payable: (payable.number, payable.sequence)
        ):
            self._of_contract[payable.number].append(payable)
            for key in _payer_keys(payable.payer_name, payable.payer_account):
                self._of_payer[key].append(payable)
        self._recorded: dict[UUID, list[RecordedRemittance]] = defaultdict(list)
        self._by_bank_reference: dict[str, list[RecordedRemittance]] = defaultdict(list)
        for remittance in remittances:
            self._recorded[remittance.payable_id].append(remittance)
            if remittance.bank_reference:
                self._by_bank_reference[remittance.bank_reference].append(remittance)

    def match(self, line: LineFacts) -> Match | None:
        """Return what the line pays; None if a person must match it.

        First the reference on the transfer, whatever the amount; then a transfer that was recorded before
        under the bank's own number; then the payer, if exactly one open instalment of theirs has exactly this
        amount left.
        """
        match = self._by_reference(line) or self._by_recorded_remittance(line) or self._by_payer(line)
        if match is None:
            return None
        if match.remittance is None and (remittance := self._take_recorded(match.payable_id, line)):
            return Match(match.payable_id, MatchBasis.RECORDED, remittance)
        if match.remittance is None:
            self._left[match.payable_id] -= line.money.amount
        return match

    def left(self, payable_id: UUID) -> Money:
        """Return what a payable has left after the lines so far; below zero where more was paid."""
        return Money(self._left[payable_id], self._payables[payable_id].owed.currency)

    def candidates(self, line: LineFacts) -> list[OpenPayable]:
        """Return the payables that still have something left, the likeliest first."""
        named = {number for number, _sequence in references_in(line.text)}
        keys = _payer_keys(line.payer_name, line.payer_account)

        def likeness(payable: OpenPayable) -> tuple[bool, bool, bool, str, int]:
            is_payer = not keys.isdisjoint({canonical_key(payable.payer_name), payable.payer_account})
            is_amount = self._left[payable.id] == line.money.amount
            return (
                payable.number not in named,
                not is_payer,
                not is_amount,
                payable.number,
                payable.sequence,
            )

        return sorted(
            [
                payable
                for payable in self._in_currency(self._payables.values(), line)
                if self._left[payable.id] > 0
            ],
            key=likeness,
        )

    def _by_reference(self, line: LineFacts) -> Match | None:
        for number, sequence in references_in(line.text):
            payables = self._in_currency(self._of_contract[number], line)
            if sequence is not None:
                payables = [payable for payable in payables if payable.sequence == sequence]
            if not payables:
                continue
            unpaid = [payable for payable in payables if self._left[payable.id] > 0]
            exact = [payable for payable in unpaid if self._left[payable.id] == line.money.amount]
            recorded = [payable for payable in payables if self._recorded_like(payable.id, line)]
            # Everything is paid: it is an over-payment of the last one named.
            return Match((recorded or exact or unpaid or payables[-1:])[0].id, MatchBasis.REFERENCE)
        return None

    def _by_recorded_remittance(self, line: LineFacts) -> Match | None:
        remittances = self._by_bank_reference.get(line.bank_reference, []) if line.bank_reference else []
        for remittance in remittances:
            if remittance.money == line.money and remittance in self._recorded[remittance.payable_id]:
                self._recorded[remittance.payable_id].remove(remittance)
                return Match(remittance.payable_id, MatchBasis.RECORDED, remittance)
        return None

    def _by_payer(self, line: LineFacts) -> Match | None:
        keys = _payer_keys(line.payer_name, line.payer_account)
        theirs = {payable.id: payable for key in keys for payable in self._of_payer.get(key, [])}
        payables = self._in_currency(theirs.values(), line)
        recorded = [payable for payable in payables if self._recorded_like(payable.id, line)]
        exact = [payable for payable in payables if self._left[payable.id] == line.money.amount]
        if len(recorded) == 1 and not exact:
            return Match(recorded[0].id, MatchBasis.PAYER)
        return Match(exact[0].id, MatchBasis.PAYER) if len(exact) == 1 and not recorded else None

    def _recorded_like(self, payable_id: UUID, line: LineFacts) -> RecordedRemittance | None:
        """Return a recorded transfer that this line may be: one of the same amount.

        The payer's bank and ours number the same transfer differently; an equal number only decides between
        several.
        """
        same = [remittance for remittance in self._recorded[payable_id] if remittance.money == line.money]
        return min(
            same, key=lambda remittance: remittance.bank_reference != line.bank_reference, default=None
        )

    def _take_recorded(self, payable_id: UUID, line: LineFacts) -> RecordedRemittance | None:
        remittance = self._recorded_like(payable_id, line)
        if remittance is not None:
            self._recorded[payable_id].remove(remittance)
        return remittance

    @staticmethod
    def _in_currency(payables: Iterable[OpenPayable], line: LineFacts) -> list[OpenPayable]:
        return [payable for payable in payables if payable.owed.currency == line.money.currency]


def _payer_keys(name: str, account: str) -> set[str]:
    return {canonical_key(name), account} - {""}
