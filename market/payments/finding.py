"""What a line of a bank statement pays, told from the line and the open payables alone."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from market.codes.canonical import canonical_key, normalise_width
from market.kit.money import Money
from market.payments.states import RemittanceStatus

REFERENCE = re.compile(r"HT[-_ ]?(\d{4})[-_ ]?(\d{6})(?:[-_ ](\d{1,2}))?(?!\d)", re.ASCII)
"""The payment reference that we ask for: the contract's number, then the instalment's."""


@dataclass(frozen=True)
class OpenPayable:
    """Something that may be paid, as a room above tells of it."""

    id: UUID
    number: str
    """Of the contract."""
    sequence: int
    owed: Money
    left: Money
    """Less than `owed` by what arrived, what is recorded and what lines are matched already."""
    payer_name: str
    payer_account: str


@dataclass(frozen=True)
class KnownRemittance:
    """A bank transfer that was written down before the statement came."""

    id: UUID
    payable_id: UUID
    money: Money
    status: RemittanceStatus
    bank_reference: str
    proposed_by_id: UUID


@dataclass(frozen=True)
class Paying:
    """What is known of a line."""

    money: Money
    text: str
    payer_name: str
    payer_account: str
    bank_reference: str


@dataclass(frozen=True)
class Found:
    payable_id: UUID
    by: str
    """reference, recorded or payer."""
    remittance: KnownRemittance | None = None


def payment_reference(number: str, sequence: int) -> str:
    """Return what a payer is asked to write on the transfer (付款附言)."""
    return f"{number}-{sequence}"


def references_in(text: str) -> list[tuple[str, int | None]]:
    """Return the contracts that a text names, each with the instalment if it is named too."""
    return [
        (f"HT-{year}-{count}", int(sequence) if sequence else None)
        for year, count, sequence in REFERENCE.findall(normalise_width(text))
    ]


class Finder:
    """Finds what lines pay, one after another: what one line takes is no longer there for the next."""

    def __init__(self, payables: Iterable[OpenPayable], remittances: Iterable[KnownRemittance]) -> None:
        self._payables = {each.id: each for each in payables}
        self._left = {each.id: each.left.amount for each in self._payables.values()}
        self._of_contract: dict[str, list[OpenPayable]] = defaultdict(list)
        self._of_payer: dict[str, list[OpenPayable]] = defaultdict(list)
        for each in sorted(self._payables.values(), key=lambda one: (one.number, one.sequence)):
            self._of_contract[each.number].append(each)
            for key in {canonical_key(each.payer_name), each.payer_account} - {""}:
                self._of_payer[key].append(each)
        self._known: dict[UUID, list[KnownRemittance]] = defaultdict(list)
        for remittance in remittances:
            self._known[remittance.payable_id].append(remittance)
        self._by_bank_reference: dict[str, list[KnownRemittance]] = defaultdict(list)
        for listed in self._known.values():
            for remittance in listed:
                if remittance.bank_reference:
                    self._by_bank_reference[remittance.bank_reference].append(remittance)

    def find(self, line: Paying) -> Found | None:
        """Return what the line pays; None where a person has to say so.

        First the reference on the transfer, whatever the amount; then a transfer that was recorded
        before under the bank's own number; then the payer, if just one open instalment of theirs
        has exactly this amount left.
        """
        found = self._by_reference(line) or self._recorded_before(line) or self._by_payer(line)
        if found is None:
            return None
        if found.remittance is None and (known := self._take_known(found.payable_id, line)):
            return Found(found.payable_id, "recorded", known)
        if found.remittance is None:
            self._left[found.payable_id] -= line.money.amount
        return found

    def left(self, payable_id: UUID) -> Money:
        """Return what a payable has left by now; below nothing where more was paid."""
        return Money(self._left[payable_id], self._payables[payable_id].owed.currency)

    def candidates(self, line: Paying) -> list[OpenPayable]:
        """Return the payables that still have something left, the likeliest first."""
        named = {number for number, _sequence in references_in(line.text)}
        keys = {canonical_key(line.payer_name), line.payer_account} - {""}

        def likeness(each: OpenPayable) -> tuple[bool, bool, bool, str, int]:
            is_payer = not keys.isdisjoint({canonical_key(each.payer_name), each.payer_account})
            is_amount = self._left[each.id] == line.money.amount
            return (each.number not in named, not is_payer, not is_amount, each.number, each.sequence)

        same = [each for each in self._payables.values() if each.owed.currency == line.money.currency]
        return sorted([each for each in same if self._left[each.id] > 0], key=likeness)

    def _by_reference(self, line: Paying) -> Found | None:
        for number, sequence in references_in(line.text):
            parts = [each for each in self._of_contract[number] if each.owed.currency == line.money.currency]
            if sequence is not None:
                parts = [each for each in parts if each.sequence == sequence]
            if not parts:
                continue
            unpaid = [each for each in parts if self._left[each.id] > 0]
            exact = [each for each in unpaid if self._left[each.id] == line.money.amount]
            known = [each for each in parts if self._known_like(each.id, line)]
            # Everything is paid: it is an over-payment of the last one named.
            return Found((known or exact or unpaid or parts[-1:])[0].id, "reference")
        return None

    def _recorded_before(self, line: Paying) -> Found | None:
        listed = self._by_bank_reference.get(line.bank_reference, []) if line.bank_reference else []
        for known in listed:
            if known.money == line.money and known in self._known[known.payable_id]:
                self._known[known.payable_id].remove(known)
                return Found(known.payable_id, "recorded", known)
        return None

    def _by_payer(self, line: Paying) -> Found | None:
        keys = {canonical_key(line.payer_name), line.payer_account} - {""}
        theirs = {each.id: each for key in keys for each in self._of_payer.get(key, [])}
        same = [each for each in theirs.values() if each.owed.currency == line.money.currency]
        known = [each for each in same if self._known_like(each.id, line)]
        exact = [each for each in same if self._left[each.id] == line.money.amount]
        if len(known) == 1 and not exact:
            return Found(known[0].id, "payer")
        return Found(exact[0].id, "payer") if len(exact) == 1 and not known else None

    def _known_like(self, payable_id: UUID, line: Paying) -> KnownRemittance | None:
        """Return a recorded transfer that this line may be: of the same amount.

        The payer's bank and ours number the same transfer differently; an equal number only decides
        between several.
        """
        fitting = [each for each in self._known[payable_id] if each.money == line.money]
        return min(fitting, key=lambda each: each.bank_reference != line.bank_reference, default=None)

    def _take_known(self, payable_id: UUID, line: Paying) -> KnownRemittance | None:
        known = self._known_like(payable_id, line)
        if known is not None:
            self._known[payable_id].remove(known)
        return known
