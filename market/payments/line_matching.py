"""Matches lines of a bank statement with what they pay, from the lines and the open payables alone. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from market.codes.canonical import canonical_key, normalise_width
from market.kit.chinese_numbers import read_small
from market.kit.money import Money
from market.payments.states import MatchBasis, RemittanceStatus

REFERENCE = re.compile(r"HT[-_ ]?(\d{4})[-_ ]?(\d{6})(?:[-_ ](\d{1,2}))?(?!\d)", re.ASCII)
"""The payment reference that payers are asked to write; see `payment_reference`."""
_INSTALMENT = re.compile(r"第\s*(\d{1,2}|[一二三四五六七八九十]{1,3})\s*[期笔次]")


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
    """The facts of a line that are matched."""

    money: Money
    text: str
    payer_name: str
    payer_account: str
    bank_reference: str


@dataclass(frozen=True)
class MatchPart:
    """A part of a line, and what it pays."""

    payable_id: UUID
    money: Money


@dataclass(frozen=True)
class Match:
    """What a line pays; the parts add up to it."""

    parts: tuple[MatchPart, ...]
    basis: MatchBasis
    exceeds: bool
    """A part is more than was left to pay."""
    remittance: RecordedRemittance | None = None
    """The transfer recorded before that this line confirms; then there is one part."""


def payment_reference(number: str, sequence: int) -> str:
    """Return the payment reference for a transfer (付款附言): contract number and instalment."""
    return f"{number}-{sequence}"


def references_in(text: str) -> list[tuple[str, int | None]]:
    """Return the contracts that a text names, each with the instalment if it is named too."""
    return [
        (f"HT-{year}-{count}", int(sequence) if sequence else None)
        for year, count, sequence in REFERENCE.findall(normalise_width(text))
    ]


def instalments_in(text: str) -> set[int]:
    """Return the instalments that a text names as people do: 第2期, 第二期, 第十二笔."""
    numbers = (
        int(number) if number.isascii() else read_small(number)
        for number in _INSTALMENT.findall(normalise_width(text))
    )
    return {number for number in numbers if number is not None}


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

        First the references on the transfer, whatever the amount; then a transfer that was recorded before
        under the bank's own number; then the payer, if exactly one open instalment of theirs, or one run of
        instalments of a contract, has exactly this amount left. An instalment that the text names (第2期)
        decides between several of the amount, never against the amount.
        """
        match = self._by_reference(line) or self._by_recorded_remittance(line) or self._by_payer(line)
        if match is None:
            return None
        if match.remittance is None and len(match.parts) == 1:
            payable_id = match.parts[0].payable_id
            if remittance := self._take_recorded(payable_id, line):
                return Match(match.parts, MatchBasis.RECORDED, False, remittance)
        if match.remittance is None:
            for part in match.parts:
                self._left[part.payable_id] -= part.money.amount
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
        named: dict[UUID, OpenPayable] = {}
        for number, sequence in references_in(line.text):
            for payable in self._in_currency(self._of_contract.get(number, ()), line):
                if sequence in (None, payable.sequence):
                    named[payable.id] = payable
        payables = list(named.values())
        if not payables:
            return None
        recorded = [payable for payable in payables if self._recorded_like(payable.id, line)]
        unpaid = [payable for payable in payables if self._left[payable.id] > 0]
        exact = self._hinted(self._exact(payables, line), line)
        if recorded or exact:
            return self._whole((recorded or exact)[0], line, MatchBasis.REFERENCE)
        if self._names_several(line):
            return self._filled(unpaid or payables, line)
        if run := self._run(unpaid, line):
            return self._in_parts(run, MatchBasis.REFERENCE)
        hinted = self._hinted(payables, line)
        if len(hinted) == 1 and hinted[0].owed == line.money:
            # It is paid, and this is its amount: a second payment of the same instalment.
            return self._whole(hinted[0], line, MatchBasis.REFERENCE)
        # Everything is paid: it is an over-payment of the last one named.
        return self._whole((self._hinted(unpaid, line) or payables[-1:])[0], line, MatchBasis.REFERENCE)

    def _by_recorded_remittance(self, line: LineFacts) -> Match | None:
        remittances = self._by_bank_reference.get(line.bank_reference, []) if line.bank_reference else []
        for remittance in remittances:
            if remittance.money == line.money and remittance in self._recorded[remittance.payable_id]:
                self._recorded[remittance.payable_id].remove(remittance)
                part = MatchPart(remittance.payable_id, line.money)
                return Match((part,), MatchBasis.RECORDED, False, remittance)
        return None

    def _by_payer(self, line: LineFacts) -> Match | None:
        keys = _payer_keys(line.payer_name, line.payer_account)
        theirs = {payable.id: payable for key in keys for payable in self._of_payer.get(key, [])}
        payables = self._in_currency(theirs.values(), line)
        recorded = [payable for payable in payables if self._recorded_like(payable.id, line)]
        exact = self._exact(payables, line)
        if recorded:
            return (
                self._whole(recorded[0], line, MatchBasis.PAYER) if len(recorded) == 1 and not exact else None
            )
        if len(exact) > 1:
            exact = self._hinted(exact, line)
        if exact:
            return self._whole(exact[0], line, MatchBasis.PAYER) if len(exact) == 1 else None
        contracts: dict[str, list[OpenPayable]] = defaultdict(list)
        for payable in payables:
            if self._left[payable.id] > 0:
                contracts[payable.number].append(payable)
        runs = [run for unpaid in contracts.values() if (run := self._run(unpaid, line))]
        return self._in_parts(runs[0], MatchBasis.PAYER) if len(runs) == 1 else None

    def _exact(self, payables: Iterable[OpenPayable], line: LineFacts) -> list[OpenPayable]:
        return [payable for payable in payables if self._left[payable.id] == line.money.amount]

    @staticmethod
    def _hinted(payables: list[OpenPayable], line: LineFacts) -> list[OpenPayable]:
        """Return those whose instalment the text names, or all where it names none of them."""
        sequences = instalments_in(line.text)
        return [payable for payable in payables if payable.sequence in sequences] or payables

    @staticmethod
    def _names_several(line: LineFacts) -> bool:
        return len(set(references_in(line.text))) > 1

    def _run(self, unpaid: list[OpenPayable], line: LineFacts) -> list[OpenPayable]:
        """Return the first unpaid instalments, in order, that the line pays to the fen; else none."""
        total = 0
        for count, payable in enumerate(sorted(unpaid, key=lambda payable: payable.sequence), start=1):
            total += self._left[payable.id]
            if total == line.money.amount and count > 1:
                return sorted(unpaid, key=lambda payable: payable.sequence)[:count]
        return []

    def _whole(self, payable: OpenPayable, line: LineFacts, basis: MatchBasis) -> Match:
        exceeds = self._left[payable.id] < line.money.amount
        return Match((MatchPart(payable.id, line.money),), basis, exceeds)

    def _in_parts(self, payables: Iterable[OpenPayable], basis: MatchBasis) -> Match:
        parts = tuple(MatchPart(payable.id, self.left(payable.id)) for payable in payables)
        return Match(parts, basis, False)

    def _filled(self, payables: list[OpenPayable], line: LineFacts) -> Match:
        """Return the named payables filled in the order of the text; the last takes the rest."""
        rest, parts = line.money.amount, []
        for payable in payables:
            is_last = payable is payables[-1]
            amount = rest if is_last else min(rest, max(self._left[payable.id], 0))
            if amount > 0:
                parts.append(MatchPart(payable.id, Money(amount, line.money.currency)))
            rest -= amount
        exceeds = any(self.left(part.payable_id) < part.money for part in parts)
        return Match(tuple(parts), MatchBasis.REFERENCE, exceeds)

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
