"""The text of a contract drafted from a deal: our own wording in the usual order of a technology contract.

What the deal says is filled in, everything else is left as a blank to fill. Civil Code (民法典) book
three, chapter twenty, names what such a contract regulates. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from market.accounts.models import Organisation
from market.codes.labels import label
from market.deals.models import ROYALTIES, ContractKind, Deal
from market.deals.terms import OfferTerms
from market.kit.formats import day, percent, yuan
from market.kit.i18n import gettext as _
from market.kit.money import HOME, Money, amount_in_words
from market.listings.models import Need, Outcome

BLANK = "＿＿＿＿＿＿"
"""What the parties fill in."""


@dataclass(frozen=True)
class Clause:
    """One article: its heading, its paragraphs, and a table where it has one (the head comes first)."""

    title: str
    paragraphs: Sequence[str]
    table: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class DraftText:
    """A contract to be edited and signed by hand."""

    title: str
    parties: Sequence[tuple[str, str]]
    clauses: Sequence[Clause]
    note: str


def draft_text(deal: Deal, terms: OfferTerms, subject: Outcome | Need | None) -> DraftText:
    """Draft the contract of a deal from the offer that was accepted; the parties must be fetched."""
    outcome = subject if isinstance(subject, Outcome) else None
    clauses = [
        _subject(deal, terms, subject),
        *([_rights(outcome)] if outcome and outcome.rights else []),
        *([_scope(terms)] if terms.kind in (ContractKind.LICENCE, ContractKind.ASSIGNMENT) else []),
        _delivery(terms),
        _acceptance(subject),
        _price(terms),
        _costs(terms),
        _secrecy(),
        _warranty(terms),
        _improvements(),
        _breach(),
        _ending(terms),
        _disputes(),
        _general(),
    ]
    return DraftText(
        _("%(kind)s合同", kind=label("contract_kind", terms.kind)),
        [
            (_("项目名称"), deal.title),
            *_party(_("卖方"), deal.seller),
            *_party(_("买方"), deal.buyer),
            (_("签订地点"), BLANK),
            (_("签订日期"), BLANK),
        ],
        clauses,
        _(
            "本草稿由交易 %(number)s 的报价生成，供双方修改；空白处请填写，不适用的条款请删去。"
            "它不是法律意见，认定登记以登记机构要求的文本为准。",
            number=deal.number,
        ),
    )


def _party(name: str, organisation: Organisation) -> list[tuple[str, str]]:
    return [
        (name, organisation.name),
        (_("统一社会信用代码"), organisation.uscc or BLANK),
        (_("联系人"), organisation.contact_name or BLANK),
        (_("电话"), organisation.contact_phone or BLANK),
    ]


def _subject(deal: Deal, terms: OfferTerms, subject: Outcome | Need | None) -> Clause:
    paragraphs = [_("1. 本合同的标的是“%(title)s”。", title=deal.title)]
    if isinstance(subject, Outcome):
        paragraphs += [
            _("2. 技术内容：%(text)s", text=subject.solution or BLANK),
            _("3. 技术指标：%(text)s", text=subject.indicators or BLANK),
        ]
    elif subject is not None:
        paragraphs += [_("2. 要解决的问题：%(text)s", text=subject.description or BLANK)]
    if terms.note:
        paragraphs.append(_("%(n)s. 双方另行约定：%(text)s", n=len(paragraphs) + 1, text=terms.note))
    return Clause(_("标的"), paragraphs)


def _rights(outcome: Outcome) -> Clause:
    head = (_("类型"), _("号"), _("名称"), _("状态"), _("到期日"))
    rows = [
        (
            label("right_kind", row.get("kind", "")),
            row.get("number", "") or BLANK,
            row.get("name", "") or BLANK,
            label("right_state", row.get("status", "")) if row.get("status") else BLANK,
            row.get("expires_on", "") or BLANK,
        )
        for row in outcome.rights
    ]
    return Clause(
        _("知识产权"),
        [_("卖方保证下列权利在本合同签订时有效，并按期缴纳维持费用。已有质押或许可的，逐项写明。")],
        [head, *rows],
    )


def _scope(terms: OfferTerms) -> Clause:
    if terms.kind is ContractKind.ASSIGNMENT:
        return Clause(
            _("权利的转移"),
            [
                _("1. 卖方把上述权利转让给买方，并在本合同生效后 %(blank)s 日内办理登记手续。", blank=BLANK),
                _("2. 登记完成前，权利的维持由卖方负责；完成后由买方负责。"),
            ],
        )
    way = _("独占许可") if terms.is_exclusive else _("普通许可")
    return Clause(
        _("许可的方式、范围和期限"),
        [
            _("1. 方式：%(way)s。", way=way),
            _("2. 地域：%(territory)s。", territory=terms.territory or BLANK),
            _("3. 期限：%(years)s 年，自 %(blank)s 起。", years=terms.years or BLANK, blank=BLANK),
            _("4. 未经卖方书面同意，买方不得再许可他人。"),
        ],
    )


def _delivery(terms: OfferTerms) -> Clause:
    paragraphs = [
        _("1. 卖方在本合同生效后 %(blank)s 日内交付技术资料：%(blank)s。", blank=BLANK),
        _("2. 卖方提供技术指导：人数 %(blank)s，天数 %(blank)s，地点 %(blank)s。", blank=BLANK),
    ]
    if terms.kind in (ContractKind.DEVELOPMENT, ContractKind.SERVICE, ContractKind.CONSULTING):
        paragraphs.append(_("3. 进度：%(blank)s。买方提供的条件：%(blank)s。", blank=BLANK))
    return Clause(_("交付与指导"), paragraphs)


def _acceptance(subject: Outcome | Need | None) -> Clause:
    """Return the clause of acceptance with the figures that the listing states, to be agreed."""
    head = (_("指标"), _("应达到"), _("检测方法"))
    if isinstance(subject, Outcome):
        rows = [(row.get("indicator", ""), row.get("ours", "") or BLANK, BLANK) for row in subject.comparison]
    elif subject is not None:
        rows = [(row.get("indicator", ""), row.get("target", "") or BLANK, BLANK) for row in subject.targets]
    else:
        rows = []
    paragraphs = [
        _("1. 按下列指标验收，检测方法由双方商定。") if rows else _("1. 验收标准：%(blank)s。", blank=BLANK),
        _(
            "2. 买方在收到验收通知后 %(blank)s 日内组织验收，逾期不验收又不说明理由的，视为合格。",
            blank=BLANK,
        ),
        _("3. 验收不合格的，卖方在 %(blank)s 日内改进；仍不合格的，按违约责任办理。", blank=BLANK),
    ]
    return Clause(_("验收"), paragraphs, [head, *rows] if rows else ())


def _price(terms: OfferTerms) -> Clause:
    paragraphs = [_("1. 成交额：%(amount)s。", amount=_amount(terms.price))]
    if terms.payment_way in ROYALTIES:
        if terms.entry:
            paragraphs.append(_("入门费：%(amount)s。", amount=_amount(terms.fixed)))
        paragraphs.append(
            _(
                "提成：%(base)s的 %(share)s，每 %(blank)s 结算一次；卖方可以查阅有关账目。",
                base=terms.royalty_base or BLANK,
                share=percent(terms.royalty_basis_points) if terms.royalty_basis_points else BLANK,
                blank=BLANK,
            )
        )
    paragraphs.append(
        _("2. 买方按下表付到卖方账户：户名 %(blank)s，开户行 %(blank)s，账号 %(blank)s。", blank=BLANK)
    )
    head = (_("期次"), _("条件"), _("最迟日期"), _("金额"))
    rows = [
        (
            str(sequence),
            row.condition or BLANK,
            day(row.due_on) if row.due_on else BLANK,
            yuan(row.amount, terms.price.currency),
        )
        for sequence, row in enumerate(terms.plan, start=1)
    ]
    total = (_("合计"), "", "", yuan(sum(row.amount for row in terms.plan), terms.price.currency))
    return Clause(_("价款与支付"), paragraphs, [head, *rows, total] if rows else ())


def _amount(money: Money) -> str:
    """Return an amount; one of CNY with its capital numerals."""
    text = yuan(money.amount, money.currency)
    return (
        _("%(amount)s（大写：%(words)s）", amount=text, words=amount_in_words(money.amount))
        if money.currency == HOME
        else text
    )


def _costs(terms: OfferTerms) -> Clause:
    paragraphs = [
        _("%(item)s由%(bearer)s承担。", item=label("cost_item", row.item), bearer=label("bearer", row.bearer))
        for row in terms.costs
    ]
    return Clause(
        _("费用承担"), paragraphs or [_("税费按国家规定各自承担；其他费用：%(blank)s。", blank=BLANK)]
    )


def _secrecy() -> Clause:
    return Clause(
        _("保密"),
        [
            _("1. 双方对未公开的技术和经营信息保密，只用于履行本合同。"),
            _("2. 保密期限：%(blank)s；接触的人员范围：%(blank)s。", blank=BLANK),
        ],
    )


def _warranty(terms: OfferTerms) -> Clause:
    paragraphs = [
        _("1. 卖方保证自己有权订立本合同，所提供的技术完整、无误、有效。"),
        _("2. 买方按约定使用技术被他人指控侵权的，由卖方应对并承担责任，另有约定的除外。"),
    ]
    if terms.kind is ContractKind.DEVELOPMENT:
        paragraphs.append(_("3. 开发中出现无法克服的技术困难，损失由 %(blank)s 承担。", blank=BLANK))
    return Clause(_("权利保证与风险"), paragraphs)


def _improvements() -> Clause:
    return Clause(
        _("后续改进"), [_("履行中作出的改进归 %(blank)s 所有；对方使用的条件：%(blank)s。", blank=BLANK)]
    )


def _breach() -> Clause:
    return Clause(
        _("违约责任"),
        [
            _("1. 逾期付款的，每日按应付款的 %(blank)s 支付违约金。", blank=BLANK),
            _("2. 逾期交付、验收不合格或违反保密的：%(blank)s。", blank=BLANK),
        ],
    )


def _ending(terms: OfferTerms) -> Clause:
    years = _("许可期满自行终止。") if terms.kind is ContractKind.LICENCE else ""
    return Clause(
        _("变更与解除"),
        [
            _("1. 变更、解除须由双方书面同意，并在本平台登记，已认定登记的同时办理变更。"),
            _(
                "2. 一方迟延履行主要义务，经催告后 %(blank)s 日内仍未履行的，对方可以解除合同。%(years)s",
                blank=BLANK,
                years=years,
            ),
        ],
    )


def _disputes() -> Clause:
    return Clause(
        _("争议解决"),
        [
            _(
                "先协商；协商不成的，提交 %(blank)s 仲裁，或向 %(blank)s 人民法院起诉（二者选一）。",
                blank=BLANK,
            )
        ],
    )


def _general() -> Clause:
    return Clause(
        _("其他"),
        [
            _("1. 双方项目联系人：卖方 %(blank)s，买方 %(blank)s；变更须书面通知。", blank=BLANK),
            _("2. 附件与本合同同样有效：%(blank)s。", blank=BLANK),
            _("3. 本合同一式 %(blank)s 份，双方签章后生效。", blank=BLANK),
        ],
    )
