"""Pages of signing: a side enters the contract, the other sees what its signature binds and confirms."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.web import actor_for
from market.codes.contract_lists import CONTRACT_SUB_KINDS
from market.codes.labels import choices
from market.contracts import queries, signing
from market.contracts.draft_document import TYPE, to_docx
from market.contracts.draft_text import draft_text
from market.contracts.forms import ContractForm
from market.contracts.states import Disclosure
from market.contracts.terms import ContractTerms
from market.deals.models import Deal, Offer, Side
from market.deals.parties import side_of
from market.deals.queries import find_accepted_offer, find_introduction, get_deal_for
from market.deals.states import DealAct, DealStatus
from market.deals.terms import OfferTerms
from market.files.attachments import StoredBlob, optional_upload, required_upload
from market.files.held_uploads import held_upload, seal_upload
from market.files.uploads import ACCEPT
from market.kit.clock import local_date
from market.kit.errors import Conflict, NotFound
from market.kit.flash import flash
from market.kit.formats import share_in_money
from market.kit.i18n import gettext as _
from market.kit.routing import UPLOAD, Route
from market.kit.security import FIELD
from market.kit.templating import render, render_form
from market.kit.terms import from_content, from_record
from market.kit.web import deps, form_data_or_none, redirect_to
from market.listings.models import Need
from market.records.by import By

KEPT_FILE = "kept_file"
"""The hidden field of a scan that was sent and waits for the signature."""
NOT_SENT_AGAIN = (FIELD, "once", "act", KEPT_FILE)


async def sign(request: Request) -> Response:
    """Take in the contract: show its side what entering it binds, then enter and sign it, or confirm it."""
    actor, now = actor_for(request, DealAct.SIGN), deps(request).clock()
    deal, side, offer = await _to_sign(request, actor)
    if deal.status is not DealStatus.TO_SIGN:
        if request.method == "GET":
            return redirect_to(request, "pages:deal", number=deal.number)
        raise Conflict(_("这笔交易现在不能签约，请回交易页看进度。"))
    draft = await queries.find_draft(deal.id)
    terms = from_content(ContractTerms, draft.content) if draft else None
    data = await form_data_or_none(request)
    if data is not None and data.get("act") == "confirm":
        contract = await signing.confirm_draft(
            deal.number,
            str(data.get("seen") or ""),
            disclosure=Disclosure.of(data.get("disclosure")),
            by=By(actor, now),
        )
        done = redirect_to(request, "contracts:show", number=contract.number)
        return flash(request, done, _("合同已由双方签署，各期应付款已入账。"))
    agreed = from_record(OfferTerms, offer)
    initial = ContractForm.initial(deal, agreed, terms, local_date(now))
    own = draft.disclosure if draft and draft.side is side else Disclosure.NOTHING
    initial |= {"draft_hash": draft.content_hash if draft else "", "disclosure": own.value}
    form = ContractForm(data, data=initial)
    sub_kinds = CONTRACT_SUB_KINDS[deal.kind] if deal.kind else {}
    form.sub_kind.choices = [("", _("请选择")), *((key, str(name)) for key, name in sub_kinds.items())]
    act, upload = str(data.get("act")) if data is not None else "", await _held(request, actor, data)
    if act != "edit" and form.validate_on_submit():
        with form.catch_invalid():
            entered, draft_hash = form.terms(agreed), str(form.draft_hash.data or "")
            upload = await optional_upload(request) or upload
            if upload is None and draft is None:
                await required_upload(request)
            disclosure = Disclosure.of(form.disclosure.data)
            if act != "sign":
                await signing.check_entry(deal.number, entered, draft_hash=draft_hash, by=By(actor, now))
                return render(
                    request,
                    "contracts/confirm_entry.html",
                    **await _signature(deal, side, offer, entered),
                    draft=draft,
                    disclosure=disclosure,
                    pairs=_sent_again(data),
                    **_sealed(request, actor, upload),
                )
            await signing.enter_draft(
                deal.number, entered, upload, draft_hash=draft_hash, disclosure=disclosure, by=By(actor, now)
            )
            done = redirect_to(request, "pages:deal", number=deal.number)
            return flash(request, done, _("合同内容已登记，您方已签署，请等对方确认。"))
    return render_form(
        request,
        "contracts/sign.html",
        form,
        deal=deal,
        side=side,
        offer=offer,
        draft=draft,
        terms=terms,
        accept=ACCEPT,
        is_edited=act == "edit",
        **_sealed(request, actor, upload),
    )


async def _held(request: Request, actor: Actor, data: FormData | None) -> StoredBlob | None:
    """Return the scan that was sent before and waits for the signature."""
    sealed = str(data.get(KEPT_FILE) or "") if data is not None else ""
    secret, store = deps(request).settings.secret_key, deps(request).store
    return await held_upload(sealed, actor.user_id, secret=secret, store=store) if sealed else None


def _sealed(request: Request, actor: Actor, upload: StoredBlob | None) -> dict[str, Any]:
    """Return what a page carries of a scan that was sent and waits."""
    if upload is None:
        return {KEPT_FILE: "", "file_name": ""}
    sealed = seal_upload(upload, actor.user_id, secret=deps(request).settings.secret_key)
    return {KEPT_FILE: sealed, "file_name": upload.upload.name}


def _sent_again(data: FormData | None) -> list[tuple[str, str]]:
    """Return what the form sent, for the page that asks once more to send it again."""
    pairs = data.multi_items() if data is not None else []
    return [(name, str(value)) for name, value in pairs if name not in NOT_SENT_AGAIN]


async def _signature(deal: Deal, side: Side, offer: Offer, terms: ContractTerms) -> dict[str, Any]:
    """Return what the pages that ask once more show of what a signature binds."""
    introduction = await find_introduction(deal.id) if deal.broker_id else None
    share = introduction.commission_basis_points if introduction else 0
    return {
        "deal": deal,
        "side": side,
        "terms": terms,
        "introduction": introduction if share else None,
        "commission": share_in_money(offer.price, share) if share else "",
    }


async def confirm(request: Request) -> Response:
    """Show the side that is asked to confirm what its signature binds; `seen` names the draft it read."""
    actor = actor_for(request, DealAct.SIGN)
    deal, side, offer = await _to_sign(request, actor)
    if deal.status is not DealStatus.TO_SIGN:
        return redirect_to(request, "pages:deal", number=deal.number)
    draft = await queries.find_draft(deal.id)
    back = redirect_to(request, "contracts:sign", number=deal.number)
    if draft is None or draft.side is side:
        return back
    if request.query_params.get("seen", draft.content_hash) != draft.content_hash:
        return flash(request, back, _("合同内容已变更，请看过现在的内容再确认。"), "note")
    return render(
        request,
        "contracts/confirm_signing.html",
        **await _signature(deal, side, offer, from_content(ContractTerms, draft.content)),
        draft=draft,
        disclosures=choices("disclosure"),
    )


async def draft_document(request: Request) -> Response:
    """Give a side of the deal the contract drafted from the accepted offer, to be edited by hand."""
    deal, _side, offer = await _to_sign(request, actor_for(request, DealAct.SIGN))
    need = await Need.get_or_none(id=deal.need_id) if deal.need_id else None
    text = draft_text(deal, from_record(OfferTerms, offer), deal.outcome or need)
    name = quote(_("%(number)s 合同草稿", number=deal.number))
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}.docx"}
    return Response(await asyncio.to_thread(to_docx, text), media_type=TYPE, headers=headers)


async def _to_sign(request: Request, actor: Actor) -> tuple[Deal, Side, Offer]:
    """Return the deal of the address with the person's side and the accepted offer.

    Raises:
        NotFound: there is none, it is not the person's, or no offer was accepted.
    """
    deal = await get_deal_for(actor, request.path_params["number"])
    side, offer = side_of(deal, actor), await find_accepted_offer(deal.id)
    if side is None or offer is None:
        raise NotFound(_("没有这笔交易，或者您不能查看它。"))
    return deal, side, offer


routes = [
    Route("/deals/{number}/sign", sign, name="contracts:sign", methods=["GET", "POST"], body=UPLOAD),
    Route("/deals/{number}/sign/confirm", confirm, name="contracts:confirm_signing", methods=["GET"]),
    Route("/deals/{number}/contract-draft.docx", draft_document, name="contracts:draft_document"),
]
