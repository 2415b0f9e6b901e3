"""Pages of who solves: the draft with its files, the submission with its receipt, the own solutions."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from market.accounts.actors import Actor
from market.accounts.web import actor_for, signed_in_actor
from market.challenges import queries, solution_drafts, solution_queries, submitting
from market.challenges.amounts import instalments
from market.challenges.challenge_terms import WHOLE, ChallengeTerms
from market.challenges.deadlines import (
    deadline_words,
    exact_words,
    left_words,
    shown_status,
    takes_solutions,
)
from market.challenges.models import Challenge
from market.challenges.next_steps import NextStep, step_of_solver
from market.challenges.sealing import open_draft, open_file
from market.challenges.selection_queries import latest_awards, list_awards
from market.challenges.solution_content import SolutionContent, asked_of, faults_of
from market.challenges.solution_forms import FileForm, SolutionForm, solution_data
from market.challenges.solution_hints import OpenedText, hints_of
from market.challenges.solution_models import SealedFile, Solution
from market.challenges.states import ChallengeAct
from market.files.attachments import count_uploads, list_files
from market.files.uploads import ACCEPT
from market.kit.errors import NotFound
from market.kit.flash import flash
from market.kit.i18n import gettext as _
from market.kit.routing import UPLOAD, Route
from market.kit.templating import render
from market.kit.terms import from_content
from market.kit.web import deps, form_data, form_data_or_none, path_id, redirect_to, uploaded_files
from market.records.by import By


async def mine(request: Request) -> Response:
    """List the solutions of the organisation."""
    actor = actor_for(request, ChallengeAct.SOLVE_CHALLENGE)
    now = deps(request).clock()
    solutions = await solution_queries.list_own_solutions(actor)
    awards = await latest_awards([solution.id for solution in solutions])

    def next_step(solution: Solution) -> NextStep | None:
        challenge = solution.challenge
        takes = takes_solutions(challenge.status, now, challenge.opens_at, challenge.deadline_at)
        query = f"?package={solution.package}" if solution.package else ""
        return step_of_solver(solution, awards.get(solution.id), takes=takes, query=query)

    return render(
        request,
        "challenges/my_solutions.html",
        solutions=solutions,
        next_step=next_step,
        shown=lambda row: shown_status(row.status, now, row.opens_at, row.deadline_at),
        deadline_words=deadline_words,
        package_name=lambda row: queries.terms_of(row.challenge).package_name(row.package),
    )


async def begin(request: Request) -> Response:
    """Begin a solution, or go on with the one that the organisation has."""
    actor, challenge = await _load(request)
    data = await form_data(request)
    package = _package(data)
    await solution_drafts.begin_solution(challenge, package, by=By(actor, deps(request).clock()))
    return _to_draft(request, challenge, package)


async def write(request: Request) -> Response:
    """Show the draft, and save what was typed."""
    actor, challenge = await _load(request)
    solution = await _own(request, actor, challenge)
    secret, terms = deps(request).settings.secret_key, queries.terms_of(challenge)
    content = open_draft(secret, solution.id, solution.draft)
    form = _form(await form_data_or_none(request), content, terms, solution.package)
    if form.validate_on_submit():
        with form.catch_invalid():
            by = By(actor, deps(request).clock())
            await solution_drafts.save(solution.id, form.content(), secret=secret, by=by)
            words = _("草稿已保存；要提交了才算。")
            return flash(request, _to_draft(request, challenge, solution.package), words)
    return await _page(request, challenge, solution, form)


async def submit(request: Request) -> Response:
    """Save what was typed and submit the draft; in time is what arrived before the deadline."""
    actor, challenge = await _load(request)
    solution = await _own(request, actor, challenge)
    secret, terms = deps(request).settings.secret_key, queries.terms_of(challenge)
    content, by = open_draft(secret, solution.id, solution.draft), By(actor, deps(request).clock())
    data = await form_data(request)
    form = _form(data if "approach" in data else None, content, terms, solution.package)
    if form.is_submitted and form.validate():
        with form.catch_invalid():
            content = form.content()
            await solution_drafts.save(solution.id, content, secret=secret, by=by)
    if not form.errors:
        form.show_faults(faults_of(content, terms, solution.package))
    if not form.errors:
        with form.catch_invalid():
            version = await submitting.submit(
                solution, arrived_at=request.state.arrived_at, secret=secret, by=by
            )
            words = _("第 %(n)s 版已提交，以最后一版为准。回执见本页。", n=version.version)
            return flash(request, _to_draft(request, challenge, solution.package), words)
    return await _page(request, challenge, solution, form)


async def withdraw(request: Request) -> Response:
    actor, challenge = await _load(request)
    solution = await _own(request, actor, challenge)
    by = By(actor, deps(request).clock())
    await submitting.withdraw(solution.id, arrived_at=request.state.arrived_at, by=by)
    answer = redirect_to(request, "challenges:show", number=challenge.number)
    return flash(request, answer, _("方案已撤回；截止前可以重新揭榜。"), "note")


async def upload(request: Request) -> Response:
    """Take one file into the draft, whose body is read on to the disk."""
    actor, challenge = await _load(request)
    solution = await _own(request, actor, challenge)
    files: list[UploadFile] = uploaded_files(await form_data(request), "file")
    form = FileForm()
    with form.catch_invalid(field="file"):
        await count_uploads(request)
        facts = await solution_drafts.add_file(
            solution.id,
            files[0] if files else None,
            secret=deps(request).settings.secret_key,
            store=deps(request).store,
            by=By(actor, deps(request).clock()),
        )
        is_late = not takes_solutions(
            challenge.status, deps(request).clock(), challenge.opens_at, challenge.deadline_at
        )
        words = (
            _("“%(name)s”传完时揭榜已截止：文件在草稿里，不在提交的方案里。", name=facts.name)
            if is_late
            else _("“%(name)s”已加密存入草稿，提交方案时一并提交。", name=facts.name)
        )
        answer = _to_draft(request, challenge, solution.package)
        return flash(request, answer, words, "due" if is_late else "done")
    return await _page(request, challenge, solution, None, form)


async def remove(request: Request) -> Response:
    actor, challenge = await _load(request)
    solution = await _own(request, actor, challenge)
    by = By(actor, deps(request).clock())
    await solution_drafts.remove_file(solution.id, path_id(request, "file_id"), by=by)
    return flash(request, _to_draft(request, challenge, solution.package), _("已从草稿里删去。"))


async def download(request: Request) -> Response:
    """Give an author back a file of the own draft."""
    actor, challenge = await _load(request)
    solution = await _own(request, actor, challenge)
    secret = deps(request).settings.secret_key
    file_id = path_id(request, "file_id")
    facts = {facts.id: facts for facts in await solution_queries.files_of(solution, secret)}
    wanted = facts.get(str(file_id))
    if wanted is None or not await SealedFile.exists(id=file_id, solution_id=solution.id):
        raise NotFound(_("没有这个文件，或者您不能打开它。"))
    content = open_file(secret, solution.id, await deps(request).store.get(wanted.store_digest))
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(wanted.name)}",
        "content-security-policy": "sandbox; default-src 'none'",
        "cache-control": "private, no-store",
    }
    return Response(content, media_type=wanted.media_type, headers=headers)


async def opened(request: Request) -> Response:
    """List the opened solutions of a challenge, for its owner and the office."""
    actor, challenge = await _read(request)
    rows = await solution_queries.list_opened(actor, challenge)
    if not rows:
        raise NotFound(_("没有这个页面，或者您不能查看它。"))
    texts = [
        OpenedText(
            int(row.solution.place or 0),
            row.solution.organisation.name,
            from_content(SolutionContent, row.content),
        )
        for row in rows
    ]
    return render(
        request,
        "challenges/opened.html",
        challenge=challenge,
        terms=queries.terms_of(challenge),
        rows=list(zip(rows, (text.content for text in texts), strict=True)),
        hints=hints_of(texts),
        ties=await solution_queries.ties_of(challenge, [row.solution for row in rows]),
    )


async def read(request: Request) -> Response:
    """Show one opened solution."""
    actor, challenge = await _read(request)
    row = await solution_queries.get_opened_for(actor, challenge, int(request.path_params["place"]))
    terms = queries.terms_of(challenge)
    content = from_content(SolutionContent, row.content)
    return render(
        request,
        "challenges/opened_one.html",
        challenge=challenge,
        terms=terms,
        row=row,
        content=content,
        reaches={reach.place: reach for reach in content.reaches},
        asked=asked_of(terms, row.solution.package),
        amounts=_amounts(content),
        files=await list_files("solution", row.solution_id),
        awards=[award for award in await list_awards(challenge.id) if award.solution_id == row.solution_id],
    )


def _amounts(content: SolutionContent) -> list[int]:
    """Return what is due at each stage of a solution."""
    return instalments(content.price or 0, [stage.share for stage in content.stages])


async def _page(
    request: Request,
    challenge: Challenge,
    solution: Solution,
    form: SolutionForm | None,
    file_form: FileForm | None = None,
) -> Response:
    secret, terms, now = deps(request).settings.secret_key, queries.terms_of(challenge), deps(request).clock()
    if form is None:
        content = open_draft(secret, solution.id, solution.draft)
        form = _form(None, content, terms, solution.package)
    if not form.is_submitted:
        form.append_blank_rows()
    file_form = file_form or FileForm()
    return render(
        request,
        "challenges/solution.html",
        422 if form.errors or file_form.errors else 200,
        form=form,
        file_form=file_form,
        challenge=challenge,
        terms=terms,
        solution=solution,
        asked=asked_of(terms, solution.package),
        files=await solution_queries.files_of(solution, secret),
        versions=await solution_queries.versions_of(solution),
        takes=takes_solutions(challenge.status, now, challenge.opens_at, challenge.deadline_at),
        left=left_words(now, challenge.deadline_at) if challenge.deadline_at else "",
        deadline_words=deadline_words,
        exact=exact_words,
        is_opened=challenge.opened_at is not None,
        accept=ACCEPT,
        most_files=solution_drafts.MOST_FILES,
    )


def _form(
    data: FormData | None, content: SolutionContent, terms: ChallengeTerms, package: int
) -> SolutionForm:
    form = SolutionForm(data, data=solution_data(content, terms, package))
    form.name_indicators(terms, asked_of(terms, package))
    return form


async def _load(request: Request) -> tuple[Actor, Challenge]:
    actor = actor_for(request, ChallengeAct.SOLVE_CHALLENGE)
    return actor, await queries.get_challenge_for(actor, request.path_params["number"])


async def _read(request: Request) -> tuple[Actor, Challenge]:
    actor = signed_in_actor(request)
    return actor, await queries.get_challenge_for(actor, request.path_params["number"])


async def _own(request: Request, actor: Actor, challenge: Challenge) -> Solution:
    """Return the own solution that the address names by its package.

    Raises:
        NotFound: the organisation has none.
    """
    solution = await solution_queries.own_solution(actor, challenge, _package(request.query_params))
    if solution is None:
        raise NotFound(_("没有这份方案，或者您不能查看它。"))
    return solution


def _package(data: Mapping[str, object]) -> int:
    text = str(data.get("package") or "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else WHOLE


def _to_draft(request: Request, challenge: Challenge, package: int) -> Response:
    answer = redirect_to(request, "challenges:solution", number=challenge.number)
    if package != WHOLE:
        answer.headers["location"] += f"?package={package}"
    return answer


POST = ["POST"]
routes = [
    Route("/my/solutions", mine, name="challenges:my_solutions"),
    Route("/challenges/{number}/solution", write, name="challenges:solution", methods=["GET", "POST"]),
    Route("/challenges/{number}/solution/begin", begin, name="challenges:begin", methods=POST),
    Route("/challenges/{number}/solution/submit", submit, name="challenges:submit_solution", methods=POST),
    Route("/challenges/{number}/solution/withdraw", withdraw, name="challenges:withdraw", methods=POST),
    Route(
        "/challenges/{number}/solution/files",
        upload,
        name="challenges:upload",
        methods=POST,
        body=UPLOAD,
        is_streamed=True,
    ),
    Route("/challenges/{number}/solution/files/{file_id:uuid}", download, name="challenges:own_file"),
    Route(
        "/challenges/{number}/solution/files/{file_id:uuid}/remove",
        remove,
        name="challenges:remove_file",
        methods=POST,
    ),
    Route("/challenges/{number}/solutions", opened, name="challenges:opened"),
    Route("/challenges/{number}/solutions/{place:int}", read, name="challenges:opened_one"),
]
