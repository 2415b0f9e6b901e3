"""What a solution says, what is wrong with it, and the hash that commits to it before it is opened. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from market.challenges.amounts import HUNDRED
from market.challenges.challenge_terms import WHOLE, ChallengeTerms
from market.challenges.states import BudgetKind
from market.kit.formats import percent, yuan
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.terms import hash_content, to_content

FEWEST_WORDS = 30
"""Characters of the technical approach, at least."""
Fault = tuple[str, str]
"""A field and what is wrong with it."""


@dataclass(frozen=True)
class TeamRow:
    """A unit of the team and its share of the price, declared when the solution is submitted."""

    name: str
    work: str = ""
    share: int = 0
    """Basis points."""


@dataclass(frozen=True)
class ReachRow:
    """What of one indicator the solution comes to, and on what that rests."""

    place: int = 0
    """Of the indicator among those of the challenge, from 1 on."""
    value: str = ""
    basis: str = ""


@dataclass(frozen=True)
class StageRow:
    """A stage of the work as the solver plans it, with the share of the price that is due then."""

    name: str
    content: str = ""
    months: int = 0
    """Months after the signing in which it ends."""
    share: int = 0


@dataclass(frozen=True)
class SolutionContent:
    """A solution; amounts in fen, shares in basis points. A draft may lack everything."""

    summary: str = ""
    """A few words; public once it is chosen."""
    leader: str = ""
    """挂帅负责人"""
    credentials: str = ""
    approach: str = ""
    reaches: tuple[ReachRow, ...] = ()
    price: int | None = None
    months: int | None = None
    stages: tuple[StageRow, ...] = ()
    team: tuple[TeamRow, ...] = ()
    """The units beside or with the leading one; empty: it works alone."""
    risks: str = ""
    background_rights: str = ""
    related: str = ""
    """What ties the team has with the owner, as it declares."""

    @property
    def content(self) -> dict[str, Any]:
        return to_content(self)


_NEEDED = {
    "summary": lazy("请用一两句话概括方案。"),
    "leader": lazy("请填挂帅负责人。"),
    "price": lazy("请填报价。"),
    "months": lazy("请填工期。"),
    "related": lazy("请声明与发榜方有没有关联关系。"),
}


def faults_of(content: SolutionContent, terms: ChallengeTerms, package: int) -> list[Fault]:
    """Return all that keeps a solution from being submitted, each at its field."""
    return [
        *((name, str(words)) for name, words in _NEEDED.items() if not getattr(content, name)),
        *_faults_of_approach(content),
        *_faults_of_price(content, terms, package),
        *_faults_of_reaches(content, terms, package),
        *_faults_of_shares(content, terms),
    ]


def _faults_of_approach(content: SolutionContent) -> Iterator[Fault]:
    if len(content.approach.strip()) < FEWEST_WORDS:
        yield "approach", _("请写技术路线，至少 %(n)s 个字。", n=FEWEST_WORDS)


def most_of(terms: ChallengeTerms, package: int) -> int | None:
    """Return the most that one solution may cost: of a package its reward; None where it is negotiable."""
    if package != WHOLE:
        return terms.packages[package - 1].reward
    return terms.each if terms.each is not None else terms.budget


def _faults_of_price(content: SolutionContent, terms: ChallengeTerms, package: int) -> Iterator[Fault]:
    most = most_of(terms, package)
    if content.price is None or most is None:
        return
    if content.price > most:
        yield "price", _("报价 %(price)s，超过 %(most)s。", price=yuan(content.price), most=yuan(most))
    elif terms.budget_kind is BudgetKind.FIXED and content.price != most:
        yield "price", _("这张榜是定额，报价应为 %(most)s。", most=yuan(most))
    elif terms.budget_kind is BudgetKind.RANGE and content.price < (terms.budget_least or 0):
        yield "price", _("报价低于区间的下限 %(least)s。", least=yuan(terms.budget_least))


def asked_of(terms: ChallengeTerms, package: int) -> list[int]:
    """Return the places of the indicators that a solution of this package answers."""
    return [
        place
        for place, row in enumerate(terms.indicators, 1)
        if row.package in ({package} if package != WHOLE else {WHOLE, row.package})
    ]


def _faults_of_reaches(content: SolutionContent, terms: ChallengeTerms, package: int) -> Iterator[Fault]:
    told = {row.place for row in content.reaches if row.value and row.basis}
    for place in asked_of(terms, package):
        if place not in told:
            name = terms.indicators[place - 1].name
            yield "reaches", _("指标“%(name)s”请写能达到多少、依据是什么。", name=name)


def _faults_of_shares(content: SolutionContent, terms: ChallengeTerms) -> Iterator[Fault]:
    if not content.stages:
        yield "stages", _("请写分几个阶段、各占报价多少。")
    for name, rows in (("stages", content.stages), ("team", content.team)):
        total = sum(row.share for row in rows)
        if rows and total != HUNDRED:
            yield name, _("比例合计 %(sum)s，应为 100%%。", sum=percent(total))
        if any(not row.name or not row.share for row in rows):
            yield name, _("每一行都要有名称和比例。")
    if content.team and not terms.allows_teams:
        yield "team", _("这张榜不接受联合揭榜。")


def commitment(
    challenge_id: str, terms_hash: str, content: dict[str, Any], files: Sequence[dict[str, Any]], salt: str
) -> str:
    """Return the hash that commits to a version of a solution; nobody can tell the text from it.

    It covers the content, the name and SHA-256 of each file, and the terms it answers.
    """
    whole = {
        "challenge": challenge_id,
        "terms": terms_hash,
        "content": content,
        "files": [{"name": file["name"], "sha256": file["sha256"]} for file in files],
    }
    return hashlib.sha256(f"{hash_content(whole)}|{salt}".encode()).hexdigest()
