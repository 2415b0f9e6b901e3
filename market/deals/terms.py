"""The terms of an offer as values: what is consented to, by its hash, and how two offers differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from market.deals.models import ContractKind, Offer
from market.kit.errors import Invalid
from market.kit.formats import yuan
from market.kit.i18n import gettext as _
from market.kit.money import Money


@dataclass(frozen=True)
class PlanRow:
    """One part of the price: on what condition or when it is due."""

    condition: str
    due_on: date | None
    amount: int

    @property
    def plain(self) -> dict[str, object]:
        return {
            "condition": self.condition,
            "due_on": self.due_on.isoformat() if self.due_on else None,
            "amount": self.amount,
        }

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> PlanRow:
        due_on = row["due_on"]
        return cls(
            condition=str(row["condition"]),
            due_on=date.fromisoformat(due_on) if isinstance(due_on, str) else due_on,
            amount=int(row["amount"]),
        )


@dataclass(frozen=True)
class Terms:
    """What one side proposes. The plan's rows add up to the price."""

    kind: ContractKind
    price: Money
    is_exclusive: bool = False
    years: int | None = None
    territory: str = ""
    plan: tuple[PlanRow, ...] = ()
    note: str = ""

    @property
    def content(self) -> dict[str, object]:
        return {
            "kind": self.kind.value,
            "price": self.price.amount,
            "currency": self.price.currency,
            "is_exclusive": self.is_exclusive,
            "years": self.years,
            "territory": self.territory,
            "plan": [row.plain for row in self.plan],
            "note": self.note,
        }

    @property
    def content_hash(self) -> str:
        """SHA-256 over the canonical terms: any change gives another hash."""
        text = json.dumps(self.content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def of(cls, offer: Offer) -> Terms:
        return cls(
            kind=offer.kind,
            price=offer.price,
            is_exclusive=offer.is_exclusive,
            years=offer.years,
            territory=offer.territory,
            plan=tuple(PlanRow.of(row) for row in offer.plan),
            note=offer.note,
        )


def whole(terms: Terms) -> Terms:
    """Return the terms with a payment plan: one row for the whole price when none was given.

    Raises:
        Invalid: at `plan`, when the rows do not add up to the price.
    """
    if not terms.plan:
        row = PlanRow(_("合同生效后一次付清"), None, terms.price.amount)
        return Terms(**(vars(terms) | {"plan": (row,)}))
    check_sum(terms.plan, terms.price)
    return terms


def check_sum(rows: Sequence[PlanRow], price: Money) -> None:
    """Let pass only rows that add up to the price.

    Raises:
        Invalid: at `plan`, saying by how much they differ.
    """
    total = Money(sum(row.amount for row in rows), price.currency)
    if total != price:
        raise Invalid(
            _("各期金额合计 %(total)s，应等于价格 %(price)s。", total=yuan(total), price=yuan(price)),
            field="plan",
        )


def differences(old: Terms | None, new: Terms) -> set[str]:
    """Return the names of the terms in which `new` differs from `old`; of a first offer, none."""
    if old is None:
        return set()
    return {name for name, value in new.content.items() if old.content[name] != value}
