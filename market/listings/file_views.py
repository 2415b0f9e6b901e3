"""Pages of the files of a listing: what is attached, who may open it, and the pictures themselves."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from wtforms import FileField

from market.accounts.web import actor_for, optional_actor
from market.files.attachments import check_upload, get_file_for, store_blob
from market.files.models import StoredFile, Tier
from market.files.pictures import is_picture, plain_picture
from market.files.uploads import ACCEPT
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.form_fields import ChoiceField, Required
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.labels import choices
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render_form
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to, uploaded_files
from market.listings import changes, listing_files, queries
from market.listings.change_rules import FILES
from market.listings.kinds import NEED, OUTCOME, Kind, Listing, get_kind
from market.listings.listing_files import TIERS, FileKind
from market.listings.states import PUBLIC, ListingAct
from market.records.by import By


class ListingFileForm(BaseForm):
    kind = ChoiceField(
        lazy("是什么"),
        [Required(lazy("请选择是什么文件。"))],
        choices=lambda: choices(FileKind),
        blank=lazy("请选择"),
    )
    tier = ChoiceField(
        lazy("谁能打开"),
        [Required(lazy("请选择谁能打开。"))],
        choices=lambda: [(tier.value, str(tier_words(tier))) for tier in TIERS],
        blank=lazy("请选择"),
    )
    file = FileField(str(lazy("文件")))


def tier_words(tier: Tier) -> str:
    """Return who may open a file of a listing."""
    return {
        Tier.PUBLIC: _("所有人"),
        Tier.VERIFIED: _("实名单位"),
        Tier.UNDERTAKING: _("实名单位，签保密承诺后"),
        Tier.PARTIES: _("只有本单位和审核人"),
    }[tier]


async def outcome_files(request: Request) -> Response:
    return await _files(request, OUTCOME)


async def need_files(request: Request) -> Response:
    return await _files(request, NEED)


async def _files(request: Request, kind: Kind) -> Response:
    """Show the files of an own listing, and take in another."""
    actor = actor_for(request, ListingAct.DRAFT_LISTING)
    listing = await queries.get_own(kind, actor, request.path_params["number"])
    form = ListingFileForm(await form_data_or_none(request))
    if form.validate_on_submit():
        with form.catch_invalid():
            files = uploaded_files(await form_data(request), "file")
            upload = await check_upload(files[0] if files else None)
            file_kind = FileKind(str(form.kind.data))
            if file_kind is FileKind.PICTURE or is_picture(upload):
                upload = await plain_picture(upload)
            await listing_files.add_file(
                kind,
                listing.number,
                await store_blob(upload, deps(request).store),
                file_kind=file_kind,
                tier=Tier(str(form.tier.data)),
                by=By(actor, deps(request).clock()),
            )
            return await _back(request, kind, listing, _("已添加。"))
    return render_form(
        request,
        "listings/files.html",
        form,
        kind=kind,
        listing=listing,
        files=await listing_files.files_of(listing, kind, actor),
        waiting=await _waiting(kind, listing),
        tiers=[(tier.value, tier_words(tier)) for tier in TIERS],
        accept=ACCEPT,
    )


async def set_outcome_tier(request: Request) -> Response:
    return await _set_tier(request, OUTCOME)


async def set_need_tier(request: Request) -> Response:
    return await _set_tier(request, NEED)


async def _set_tier(request: Request, kind: Kind) -> Response:
    actor = actor_for(request, ListingAct.DRAFT_LISTING)
    number, wanted = request.path_params["number"], (await form_data(request)).get("tier")
    await listing_files.set_tier(
        kind,
        number,
        path_id(request, "file_id"),
        Tier(str(wanted)) if wanted in set(Tier) else Tier.PARTIES,
        by=By(actor, deps(request).clock()),
    )
    return await _back(request, kind, await queries.get_own(kind, actor, number), _("已改。"))


async def _back(request: Request, kind: Kind, listing: Listing, words: str) -> Response:
    """Return to the files and tell what was done; of what waits for review, that it waits."""
    if await _waiting(kind, listing):
        words = _("已保存。公开的图片和附件审核通过后才公开。")
    return flash(request, redirect_to(request, f"listings:{kind.key}_files", number=listing.number), words)


async def _waiting(kind: Kind, listing: Listing) -> set[str]:
    """Return the ids of the files that wait for review."""
    pending = await changes.find_pending(kind, listing.id)
    return set(pending.values.get(FILES, {})) if pending else set()


async def picture(request: Request) -> Response:
    """Return a picture of a listing, to be shown in its page; it was encoded by us."""
    file: StoredFile = await get_file_for(optional_actor(request), path_id(request, "file_id"))
    if file.kind != FileKind.PICTURE or file.subject_kind not in (OUTCOME.key, NEED.key):
        raise NotFound(_("没有这个文件，或者您不能打开它。"))
    listing = await get_kind(file.subject_kind).model.get(id=file.subject_id)
    is_public = listing.status in PUBLIC and file.tier is Tier.PUBLIC
    try:
        content = await deps(request).store.get(file.sha256)
    except FileNotFoundError:
        raise NotFound(_("这个文件的内容暂时取不到，请联系平台管理员。")) from None
    return Response(
        content,
        media_type=file.media_type,
        headers={
            "content-disposition": "inline",
            "content-security-policy": "sandbox; default-src 'none'",
            "cache-control": "public, max-age=3600" if is_public else "private, no-store",
        },
    )


_WRITE = ["GET", "POST"]
routes = [
    Route(
        "/my/outcomes/{number}/files",
        outcome_files,
        name="listings:outcome_files",
        methods=_WRITE,
        body=UPLOAD,
    ),
    Route("/my/needs/{number}/files", need_files, name="listings:need_files", methods=_WRITE, body=UPLOAD),
    Route(
        "/my/outcomes/{number}/files/{file_id:uuid}",
        set_outcome_tier,
        name="listings:outcome_file_tier",
        methods=["POST"],
    ),
    Route(
        "/my/needs/{number}/files/{file_id:uuid}",
        set_need_tier,
        name="listings:need_file_tier",
        methods=["POST"],
    ),
    Route("/pictures/{file_id:uuid}", picture, name="listings:picture"),
]
