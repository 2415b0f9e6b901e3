"""Pages on which an organisation, or the operator for it, brings in a list of outcomes or needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from wtforms import FileField

from market.accounts.actors import Actor
from market.accounts.models import Organisation, OrganisationStatus
from market.accounts.web import signed_in_actor
from market.files.attachments import required_upload
from market.imports import batch_reviews, excel_template, heads, result_workbook, steps
from market.imports.excel_template import list_of
from market.imports.models import ListingImport, ListingImportRow
from market.imports.row_table import SHOWN_ROWS, TABS, count_same_faults, shown_columns, shown_row
from market.imports.states import BEGUN, WORKING, ImportStatus
from market.imports.targets import target_of
from market.kit.errors import Invalid, NotFound
from market.kit.flash import flash
from market.kit.form_fields import ChoiceField, LongTextField, TextField
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.pagination import PageRequest
from market.kit.room import rooms
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render, render_form
from market.kit.web import deps, form_data, form_data_or_none, redirect_to, wants_partial
from market.kit.workbooks.writing import WORKBOOK
from market.listings.authoring import require_may_create
from market.listings.kinds import KINDS, NEED, OUTCOME, Kind, get_kind
from market.listings.states import ListingAct
from market.records.by import By
from market.records.transitions import history

ACCEPT = ".xlsx,.xls,.csv,.et,.jsonl,.gz"


class UploadForm(BaseForm):
    file = FileField(str(lazy("文件")))
    owner = TextField(lazy("单位名称"), max_length=120)
    kind = ChoiceField(
        lazy("导入什么"), choices=lambda: [(kind.key, str(kind.words)) for kind in KINDS.values()]
    )


class ReturnForm(BaseForm):
    reason = LongTextField(lazy("退回的理由"), max_length=500)


async def upload_outcomes(request: Request) -> Response:
    return await _upload(request, OUTCOME)


async def upload_needs(request: Request) -> Response:
    return await _upload(request, NEED)


async def _upload(request: Request, kind: Kind) -> Response:
    """Show the page where a list is chosen, with the imports before, and take one in."""
    actor = signed_in_actor(request)
    require_may_create(kind, actor)
    form = UploadForm(await form_data_or_none(request))
    if request.method == "POST":
        with form.catch_invalid():
            blob = await required_upload(request)
            listing_import = await steps.upload(
                blob, kind.key, organisation_id=actor.organisation_id, by=By(actor, deps(request).clock())
            )
            return redirect_to(request, "imports:show", number=listing_import.number)
    page_request = PageRequest.from_query(request.query_params)
    own = ListingImport.filter(organisation_id=actor.organisation_id, kind=kind.key)
    return render_form(
        request,
        "imports/upload.html",
        form,
        kind=kind,
        page=await _imports(own, page_request),
        accept=ACCEPT,
        columns=[column for column in list_of(kind).columns if column.is_offered],
    )


async def imports(request: Request) -> Response:
    """List all imports for the operator, what waits first, and take one in for an organisation."""
    actor = signed_in_actor(request)
    actor.require(ListingAct.MODERATE)
    form = UploadForm(await form_data_or_none(request))
    if request.method == "POST":
        with form.catch_invalid():
            owner = await _named_owner(str(form.owner.data or "").strip())
            blob = await required_upload(request)
            listing_import = await steps.upload(
                blob,
                get_kind(str(form.kind.data or OUTCOME.key)).key,
                organisation_id=owner.id if owner else None,
                by=By(actor, deps(request).clock()),
            )
            return redirect_to(request, "imports:show", number=listing_import.number)
    wanted = request.query_params.get("status", "")
    status = ImportStatus(wanted) if wanted in set(ImportStatus) else None
    chosen = ListingImport.filter(status=status) if status else ListingImport.all()
    return render_form(
        request,
        "imports/index.html",
        form,
        page=await _imports(chosen, PageRequest.from_query(request.query_params)),
        targets=rooms().import_targets,
        waiting=await ListingImport.filter(status=ImportStatus.SUBMITTED).count(),
        status=status,
        accept=ACCEPT,
    )


async def _named_owner(name: str) -> Organisation | None:
    if not name:
        return None
    owner = await Organisation.get_or_none(name=name, status=OrganisationStatus.VERIFIED)
    if owner is None:
        raise Invalid(_("单位“%(name)s”没有注册或未认证。", name=name[:60]), field="owner")
    return owner


async def _imports(chosen: Any, page_request: PageRequest) -> Any:
    items = (
        await chosen.select_related("file", "organisation")
        .order_by("-created_at")
        .offset(page_request.offset)
        .limit(page_request.size)
    )
    return page_request.page(items, await chosen.count())


async def show(request: Request) -> Response:
    actor, listing_import = await _own_import(request)
    if wants_partial(request):
        return render(
            request,
            "imports/_progress.html",
            listing_import=listing_import,
            **_progress(listing_import),
        )
    return await _page(request, actor, listing_import, BaseForm())


async def _own_import(request: Request) -> tuple[Actor, ListingImport]:
    actor = signed_in_actor(request)
    return actor, await steps.get_import_for(actor, request.path_params["number"])


def _progress(listing_import: ListingImport) -> dict[str, Any]:
    progress = listing_import.progress
    return {
        "is_working": listing_import.status in WORKING,
        "done": progress.get("done", 0),
        "total": progress.get("total", 0),
    }


async def _page(
    request: Request,
    actor: Actor,
    listing_import: ListingImport,
    form: BaseForm,
    typed: Mapping[str, Any] | None = None,
) -> Response:
    target = target_of(listing_import)
    list_form = await target.form_of(listing_import.subject_id)
    is_begun = listing_import.status in BEGUN
    rows = ListingImportRow.filter(listing_import_id=listing_import.id)
    counts = {key: await rows.filter(chosen).count() for key, (_words, chosen) in TABS.items()}
    tab = request.query_params.get("tab", "")
    default = "refused" if is_begun and counts["refused"] else "look" if counts["look"] else "all"
    tab = tab if tab in TABS else default
    page_request = PageRequest.from_query(request.query_params)
    start = (page_request.number - 1) * SHOWN_ROWS
    shown = await rows.filter(TABS[tab][1]).order_by("row_number").offset(start).limit(SHOWN_ROWS)
    ids = [row.listing_id for row in shown if row.listing_id]
    records = await target.records(listing_import, ids, actor=actor)
    same = await count_same_faults(listing_import) if listing_import.status is ImportStatus.CHECKED else {}
    is_batch = listing_import.status in (
        *(ImportStatus.SUBMITTED, ImportStatus.RETURNED, ImportStatus.PUBLISHING, ImportStatus.PUBLISHED),
    )
    sample = await batch_reviews.sample_of(listing_import) if is_batch else []
    standing = batch_reviews.sample_standing(get_kind(listing_import.kind), sample) if sample else {}
    return render_form(
        request,
        "imports/import.html",
        form,
        target=target,
        upload_page=await target.upload_page(actor, listing_import),
        listing_import=listing_import,
        mapping=listing_import.mapping,
        counts=listing_import.counts,
        steps=_steps(listing_import.status),
        tabs=[(key, words, counts[key]) for key, (words, _q) in TABS.items() if counts[key] or key == tab],
        tab=tab,
        rows=[shown_row(list_form, row, records, same) for row in shown],
        columns=shown_columns(list_form, listing_import, shown),
        rest=max(counts[tab] - start - len(shown), 0),
        page_number=page_request.number,
        column_choices=heads.columns_for_choice(list_form),
        unsure=[column for column in listing_import.mapping["columns"] if _is_unsure(column, listing_import)],
        typed=typed or {},
        is_editable=listing_import.status is ImportStatus.CHECKED,
        is_begun=is_begun,
        is_own=actor.organisation_id == listing_import.organisation_id,
        may_moderate=actor.may(ListingAct.MODERATE),
        sample=sample,
        standing=standing,
        events=await history("listing_import", listing_import.id, 20),
        **_progress(listing_import),
    )


def _is_unsure(column: Mapping[str, Any], listing_import: ListingImport) -> bool:
    if listing_import.status is ImportStatus.UPLOADED:
        return True
    return not column["is_sure"]


def _steps(status: ImportStatus) -> list[tuple[str, str]]:
    """Return the four steps, each past, current or to come."""
    place = 1 if status is ImportStatus.UPLOADED else 2
    if status in BEGUN or status is ImportStatus.IMPORTING:
        place = 4 if status in BEGUN else 3
    words = (_("选文件"), _("对列"), _("核对"), _("导入"))
    return [
        (word, "past" if at < place else "current" if at == place else "") for at, word in enumerate(words)
    ]


async def map_columns(request: Request) -> Response:
    actor, listing_import = await _own_import(request)
    data, form = await form_data(request), BaseForm()
    list_form = await target_of(listing_import).form_of(listing_import.subject_id)
    with form.catch_invalid():
        content = await deps(request).store.get(listing_import.file.sha256)
        head_row = str(data.get("head_row", ""))
        await steps.map_columns(
            listing_import,
            content,
            str(data.get("sheet", listing_import.mapping["sheet"])),
            int(head_row) if head_row.isdecimal() else listing_import.mapping["head_row"],
            heads.valid_choices(data, listing_import.mapping, list_form),
            by=By(actor, deps(request).clock()),
        )
        return _back(request, listing_import)
    return await _page(request, actor, listing_import, form)


async def answer(request: Request) -> Response:
    """Keep the answers of a page: cell by cell, or for all that are written the same."""
    actor, listing_import = await _own_import(request)
    answers, alike = parse_answers(await form_data(request))
    count = await steps.answer(
        listing_import, answers, for_all_alike=alike, by=By(actor, deps(request).clock())
    )
    words = _("已改 %(n)s 行，又核了一遍。", n=count) if count else _("没有改动。")
    return flash(request, _back(request, listing_import), words)


def parse_answers(data: Any) -> tuple[dict[int, dict[str, str]], list[tuple[int, str]]]:
    """Return the answers by row and column, and which go to all rows that are written the same."""
    answers: dict[int, dict[str, str]] = {}
    alike: list[tuple[int, str]] = []
    for key, value in data.multi_items():
        mark, _dash, rest = key.partition("-")
        row, _dash, column = rest.partition("-")
        if not row.isdecimal() or len(row) > 18 or not column:
            continue
        if mark == "same":
            alike.append((int(row), column))
        elif mark == "cell" or (mark == "pick" and str(value)):
            answers.setdefault(int(row), {})[column] = str(value)
    return answers, alike


async def run(request: Request) -> Response:
    actor, listing_import = await _own_import(request)
    data, form = await form_data(request), BaseForm()
    with form.catch_invalid():
        is_all = data.get("how") == "all"
        by = By(actor, deps(request).clock())
        is_declared = bool(data.get("declared"))
        await steps.run(listing_import, is_all_or_nothing=is_all, is_declared=is_declared, by=by)
        return _back(request, listing_import)
    return await _page(request, actor, listing_import, form)


async def act(request: Request) -> Response:
    """Carry out the act on the whole import that the pressed button names."""
    actor, listing_import = await _own_import(request)
    data = await form_data(request)
    form, by = ReturnForm(data), By(actor, deps(request).clock())
    with form.catch_invalid():
        words = await _act(str(data.get("act")), listing_import, str(data.get("reason", "")), by=by)
        return flash(request, _back(request, listing_import), words)
    return await _page(request, actor, listing_import, form)


async def _act(name: str, listing_import: ListingImport, reason: str, *, by: By) -> str:
    if name in ("submit", "publish", "return") and not target_of(listing_import).is_reviewed_in_batch:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    match name:
        case "undo":
            await steps.undo(listing_import, by=by)
            return _("已整批撤销。")
        case "discard":
            await steps.discard(listing_import, by=by)
            return _("已放弃，没有写入任何内容。")
        case "submit":
            submitted, left = await batch_reviews.submit_batch(listing_import, by=by)
            words = _("已整批送审 %(n)s 条。", n=submitted)
            return words + (_("%(n)s 条没有填完整，留在草稿。", n=left) if left else "")
        case "publish":
            await batch_reviews.publish_batch(listing_import, by=by)
            return _("正在发布。")
        case "return":
            await batch_reviews.return_batch(listing_import, reason, by=by)
            return _("已整批退回。")
    raise NotFound(_("没有这个页面，或者您不能查看它。"))


def _back(request: Request, listing_import: ListingImport) -> RedirectResponse:
    response = redirect_to(request, "imports:show", number=listing_import.number)
    if tab := request.query_params.get("tab", ""):
        response.headers["location"] += f"?tab={quote(tab)}"
    return response


async def result(request: Request) -> Response:
    """Return the list with a column of reasons, all of it or what was not imported."""
    actor, listing_import = await _own_import(request)
    content = await deps(request).store.get(listing_import.file.sha256)
    only_refused = request.query_params.get("only") == "refused"
    stem = listing_import.file.name.rpartition(".")[0] or listing_import.number
    name = quote(f"{stem}-{_('导入结果')}.xlsx")
    book = result_workbook.build(listing_import, content, actor=actor, only_refused=only_refused)
    return StreamingResponse(
        book,
        media_type=WORKBOOK,
        headers={"content-disposition": f"attachment; filename*=UTF-8''{name}", "cache-control": "private"},
    )


async def outcome_template(request: Request) -> Response:
    return _download_template(request, OUTCOME)


async def need_template(request: Request) -> Response:
    return _download_template(request, NEED)


def _download_template(request: Request, kind: Kind) -> Response:
    """Return the Excel template for bulk imports."""
    signed_in_actor(request).require(ListingAct.DRAFT_LISTING)
    return Response(
        excel_template.template(list_of(kind)),
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={"content-disposition": f'attachment; filename="{kind.index}-template.xlsx"'},
    )


routes = [
    Route("/my/outcomes/template.xlsx", outcome_template, name="imports:outcome_template"),
    Route("/my/needs/template.xlsx", need_template, name="imports:need_template"),
    Route(
        "/my/outcomes/import", upload_outcomes, name="imports:outcomes", methods=["GET", "POST"], body=UPLOAD
    ),
    Route("/my/needs/import", upload_needs, name="imports:needs", methods=["GET", "POST"], body=UPLOAD),
    Route("/my/imports/{number}", show, name="imports:show", methods=["GET"]),
    Route("/my/imports/{number}/columns", map_columns, name="imports:map", methods=["POST"]),
    Route("/my/imports/{number}/answers", answer, name="imports:answer", methods=["POST"]),
    Route("/my/imports/{number}/run", run, name="imports:run", methods=["POST"]),
    Route("/my/imports/{number}/act", act, name="imports:act", methods=["POST"]),
    Route("/my/imports/{number}/result.xlsx", result, name="imports:result", methods=["GET"]),
    Route("/backoffice/imports", imports, name="imports:index", methods=["GET", "POST"], body=UPLOAD),
]
