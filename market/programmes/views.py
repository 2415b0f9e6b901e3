"""What the public reads about programmes, and the desk's pages of rule sets and their drafts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from market.accounts.permissions import AccountAct
from market.accounts.web import actor_for
from market.kit.errors import Conflict, Invalid
from market.kit.flash import flash
from market.kit.form_fields import LongTextField, Required
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.routing import Route
from market.kit.templating import render
from market.kit.web import deps, form_data_or_none, redirect_to
from market.programmes import drafts, summaries
from market.programmes.call_queries import windows
from market.programmes.call_windows import current_windows
from market.programmes.catalogue import compiled, get_programme, list_programmes, list_versions
from market.programmes.drafts import MOST_CONTENT
from market.programmes.models import Programme, ProgrammeTerms
from market.programmes.rule_edits import Edited, do_act, faults_of, find_act, put_typed
from market.programmes.rule_files import schema_faults
from market.programmes.rule_form import rule_form
from market.programmes.rule_layout import RuleGroup, fields_in, name_of
from market.programmes.states import ProgrammeAct
from market.records.by import By


class DraftForm(BaseForm):
    """The whole rule file as JSON: the way in from another system."""

    content = LongTextField(lazy("规则文件"), [Required(lazy("请填规则文件。"))], max_length=MOST_CONTENT)
    retroactive_reason = LongTextField(lazy("追溯生效的理由"), max_length=300)


async def index(request: Request) -> Response:
    rows = await list_programmes()
    latest = {row.id: (await list_versions(row.id))[:1] for row in rows}
    terms = {row.id: compiled(latest[row.id][0]) for row in rows if latest[row.id]}
    now = deps(request).clock()
    calls = {slug: current_windows(of_programme, now)[0] for slug, of_programme in (await windows()).items()}
    return render(
        request,
        "programmes/programmes.html",
        programmes=rows,
        terms=terms,
        summaries=summaries,
        windows=calls,
    )


async def terms(request: Request) -> Response:
    actor_for(request, AccountAct.SEE_DESK)
    return render(
        request,
        "programmes/drafts.html",
        programmes=await list_programmes(),
        drafts=await drafts.list_drafts(),
    )


def _version(request: Request) -> str:
    """Return the draft that the address names, to go on with."""
    return request.query_params.get("version", "").replace("\x00", "")[:20]


async def draft(request: Request) -> Response:
    actor = actor_for(request, ProgrammeAct.DRAFT_TERMS)
    programme = await get_programme(request.path_params["slug"])
    start = await drafts.starting_content(programme.slug, _version(request))
    if request.method == "GET" and request.query_params.get("format") == "json":
        name = f"{programme.slug}@{start['version']}.json"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(drafts.to_text(start), media_type="application/json", headers=headers)
    data = await form_data_or_none(request)
    if data is None:
        return _draft_page(request, programme, start)
    by = By(actor, deps(request).clock())
    if "base" not in data:
        return await _import_file(request, programme, start, data, by)
    base = _read_base(data)
    if base is None:
        error = Edited(start, general=[_("表单的内容不完整，请从现行版本重新拟定。")])
        return _draft_page(request, programme, start, error)
    edited = put_typed(base, data)
    if not edited.errors:
        edited = faults_of(edited.content) if not data.get("act") else edited
    if edited.is_valid and (act := find_act(base, str(data.get("act") or ""))) is not None:
        return _changed_parts(request, programme, do_act(edited.content, act), data)
    if edited.is_valid and not data.get("act"):
        reason = str(data.get("retroactive_reason") or "").replace("\x00", "")
        try:
            row = await drafts.draft_terms(
                programme.slug, text=drafts.to_text(edited.content), retroactive_reason=reason, by=by
            )
        except (Invalid, Conflict) as refusal:
            _refuse(edited, refusal)
        else:
            return _drafted(request, programme, row)
    return _draft_page(request, programme, base, edited, data)


def _changed_parts(
    request: Request, programme: Programme, content: Mapping[str, Any], data: FormData
) -> Response:
    """Return the form with a part more or less, or say what must be put right before."""
    if schema_faults(content):
        base = _read_base(data) or dict(content)
        return _draft_page(request, programme, base, faults_of(content), data)
    return _draft_page(request, programme, content)


def _refuse(edited: Edited, refusal: Invalid | Conflict) -> None:
    field = getattr(refusal, "field", None)
    if isinstance(refusal, Conflict):
        field = "version"
    if field in ("valid_from", "version"):
        edited.errors[name_of((field,))] = str(refusal)
    elif field == "retroactive_reason":
        edited.errors[field] = str(refusal)
    else:
        edited.general.append(str(refusal))


def _read_base(data: FormData) -> dict[str, Any] | None:
    """Return the rule set that the form was laid out from; None where it is none."""
    text = str(data.get("base") or "")
    try:
        base = json.loads(text) if len(text) <= drafts.MOST_CONTENT else None
    except (ValueError, RecursionError):
        return None
    return base if isinstance(base, dict) and not schema_faults(base) else None


async def _import_file(
    request: Request, programme: Programme, start: Mapping[str, Any], data: FormData, by: By
) -> Response:
    form = DraftForm(data)
    if form.validate():
        with form.catch_invalid(field="content"):
            row = await drafts.draft_terms(
                programme.slug,
                text=str(form.content.data),
                retroactive_reason=str(form.retroactive_reason.data or ""),
                by=by,
            )
            return _drafted(request, programme, row)
    return _draft_page(request, programme, start, form=form)


def _drafted(request: Request, programme: Programme, row: ProgrammeTerms) -> Response:
    answer = redirect_to(request, "claims:draft_version", slug=programme.slug, version=row.version)
    return flash(request, answer, _("草稿已保存，请批准人核对影响后发布。"))


def _draft_page(
    request: Request,
    programme: Programme,
    base: Mapping[str, Any],
    edited: Edited | None = None,
    data: FormData | None = None,
    form: DraftForm | None = None,
) -> Response:
    groups: list[RuleGroup] = rule_form(base)
    fields = {field.name: field for field in fields_in(groups)}
    errors = edited.errors if edited else {}
    shown = {name: str(data.get(name, field.text)) if data else field.text for name, field in fields.items()}
    ticked = {
        name: [str(value) for value in data.getlist(name)] if data else list(field.value or ())
        for name, field in fields.items()
        if isinstance(field.value, list)
    }
    is_refused = bool(errors or (edited and edited.general) or (form and form.errors))
    return render(
        request,
        "programmes/draft.html",
        422 if is_refused else 200,
        programme=programme,
        groups=groups,
        base=drafts.to_text(base),
        version=base["version"],
        errors=errors,
        general=edited.general if edited else [],
        labels={name: field.label for name, field in fields.items()},
        shown=shown,
        ticked=ticked,
        reason=str(data.get("retroactive_reason") or "") if data else "",
        form=form or DraftForm(),
    )


routes = [
    Route("/subsidies", index, name="programmes:index", methods=["GET"]),
    Route("/desk/terms", terms, name="programmes:drafts", methods=["GET"]),
    Route("/desk/terms/{slug}/draft", draft, name="programmes:draft", methods=["GET", "POST"]),
]
