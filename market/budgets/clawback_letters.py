"""Documents of a clawback: the demand that its confirmation issues, and the letter that hands it over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from market.budgets.clawback_interest import Interest, Rates
from market.budgets.clawback_rates import load_rates
from market.budgets.models import Clawback, ClawbackHandover
from market.budgets.states import InterestBasis
from market.claims.letters import LETTER, issue_about, letter_of, named, review_sentences
from market.claims.models import Claim
from market.documents.issuing import issue
from market.documents.models import IssuedDocument
from market.documents.sentences import Sentence, sentence
from market.documents.states import DocumentKind
from market.kit.clock import local_date
from market.kit.formats import day, end_of, figure, percent, yuan
from market.kit.i18n import gettext as _
from market.kit.i18n import in_source_language
from market.kit.money import amount_in_words
from market.records.by import By


async def issue_demand(claim: Claim, row: Clawback, *, by: By) -> IssuedDocument:
    """Issue the decision that a paid award has to come back, with its deadline and what bears interest."""
    await claim.fetch_related("programme", "applicant")
    paragraphs = [
        sentence(
            "你单位 %(year)s 年度“%(name)s”的申报（%(number)s）已拨付补助。现决定追回 %(sum)s（%(words)s）。",
            **named(claim),
            sum=yuan(row.amount),
            words=amount_in_words(row.amount),
        ),
        sentence(row.ground),
        sentence("请在 %(end)s 前缴回；逾期不缴回的，依法移送追缴。", end=end_of(row.due_on)),
        *interest_sentences(row, (await load_rates()).known_at()),
    ]
    letter = letter_of("补助追回决定书", claim, paragraphs, [], review_sentences())
    return await issue_about(DocumentKind.CLAWBACK, claim, LETTER, letter, by=by)


def interest_sentences(row: Clawback, rates: Rates) -> list[Sentence]:
    """Return from when a confirmed clawback bears interest, at which rates, and how it is rounded."""
    if row.interest_after is None:
        return [sentence("本项追回不计利息。")]
    begins = (
        sentence("自拨付之日的次日起，按尚未缴回的本金计息。")
        if row.interest_basis is InterestBasis.FROM_PAYMENT
        else sentence("逾期未缴回的，自期限的次日起，按尚未缴回的本金计息。")
    )
    return [
        begins,
        sentence(
            "利率现为年利率 %(rate)s，以后按公布的利率分段计算（%(assumption)s）。"
            "缴回的款项先抵本金；利息在本金缴清时一次结计，四舍五入到分。",
            rate=percent(rates.on(row.due_on or row.interest_after)),
            assumption=rates.assumption,
        ),
    ]


async def issue_handover(
    claim: Claim,
    row: Clawback,
    handover: ClawbackHandover,
    owed: tuple[int, int],
    interest: Interest,
    *,
    by: By,
) -> IssuedDocument:
    """Issue the letter that hands an unpaid clawback over; `owed` are principal and interest of today."""
    await claim.fetch_related("programme", "applicant")
    principal, interest_owed = owed
    with in_source_language():
        rows = interest_rows(interest)
    content: dict[str, Any] = {
        "title": sentence("追缴移送书"),
        "to": handover.recipient,
        "paragraphs": [
            sentence(
                "%(name)s（统一社会信用代码 %(uscc)s）应缴回补助 %(sum)s（追回 %(number)s），期限至 %(end)s，"
                "逾期未缴清。现移送你单位依法追缴。",
                name=claim.applicant.name,
                uscc=claim.applicant.uscc or "—",
                sum=yuan(row.amount),
                number=row.number,
                end=end_of(row.due_on),
            ),
            sentence(handover.ground),
            sentence(
                "截至 %(day)s，尚欠本金 %(principal)s、利息 %(interest)s，合计 %(sum)s（%(words)s）。"
                "利息以后继续计算。",
                day=day(local_date(by.now)),
                principal=yuan(principal),
                interest=yuan(interest_owed),
                sum=yuan(principal + interest_owed),
                words=amount_in_words(principal + interest_owed),
            ),
        ],
        "head": [sentence("利息的时段"), sentence("计算")],
        "rows": rows,
        "after": [sentence("追回的依据：%(ground)s", ground=row.ground)],
    }
    return await issue(
        DocumentKind.HANDOVER,
        subject_kind="claim",
        subject_id=claim.id,
        template=LETTER,
        content=content,
        issuer=claim.programme.issuer,
        by=by,
    )


def interest_rows(interest: Interest) -> list[list[str]]:
    """Return each stretch of an interest: its days, and principal, rate, days and amount."""
    return [
        [
            _("%(after)s 次日至 %(until)s", after=day(line.after), until=day(line.until)),
            _(
                "%(principal)s × %(rate)s ÷ %(year)s × %(days)s 天 ＝ %(amount)s",
                principal=figure(line.principal),
                rate=percent(line.rate),
                year=interest.year_days,
                days=line.days,
                amount=figure(line.amount),
            ),
        ]
        for line in interest.lines
    ]


def owed_words(parts: Sequence[int]) -> str:
    """Return principal and interest that are still owed, in words of a page."""
    principal, interest = parts
    return _("本金 %(principal)s，利息 %(interest)s", principal=yuan(principal), interest=yuan(interest))
