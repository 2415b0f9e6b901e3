"""Rows of a district's workbook as entries of a survey: read, checked, written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid4

from starlette.datastructures import MultiDict

from market.codes import uscc
from market.codes.canonical import canonical_key
from market.imports.excel_template import NEED_LIST, Column, ListForm, names_of
from market.imports.models import ListingImport, ListingImportRow
from market.imports.row_cells import DECISION, LEAVE, describe, filled_row
from market.imports.row_reading import Fault, ReadRow, SheetRow, read_row, reference_of
from market.imports.states import RowStanding
from market.kit.clock import local_date
from market.kit.i18n import Lazy, in_source_language, lazy
from market.kit.i18n import gettext as _
from market.listings.rules import expires_on
from market.surveys.entries import submission_faults
from market.surveys.firms import Firm, FirmEntries, KnownFirms, known_firms
from market.surveys.models import RecommendingUnit, Survey, SurveyEntry
from market.surveys.questions import PREFIX, Question, QuestionKind, answer_form
from market.surveys.rules import secret_words, title_key
from market.surveys.texts import all_texts, blank_values, split_values

_ABSENT = frozenset({"number", "reference"})
"""Columns of lists of needs that an entry has not."""
FIRM_CODE = Column(
    "firm_code",
    lazy("统一社会信用代码"),
    spellings=("信用代码", "社会信用代码", "统一信用代码", "组织机构代码", "企业信用代码"),
)


@dataclass(frozen=True)
class Round:
    """The survey that a list goes into, what it asks, and the unit that hands the list in, if one does."""

    survey: Survey
    questions: Sequence[Question]
    form_version: int
    unit: RecommendingUnit | None
    author_id: UUID | None
    now: datetime


@dataclass
class RowSurroundings:
    """What rows are checked against: the survey, its entries, the firms, the rows above."""

    round: Round
    entries: FirmEntries
    firms: KnownFirms = field(default_factory=KnownFirms)
    rows: dict[str, int] = field(default_factory=dict)
    """Number of the first row with an identity."""
    counts: dict[str, list[int]] = field(default_factory=dict)
    """Numbers of the rows that are ready, by each key of their firm."""


def form_of_questions(questions: Sequence[Question]) -> ListForm:
    """Return the columns of a list of entries: those of needs, the firm's code, the survey's questions."""
    columns = [column for column in NEED_LIST.columns if column.name not in _ABSENT]
    place = next(n for n, column in enumerate(columns) if column.name == "owner") + 1
    answer_columns = [
        Column(f"{PREFIX}-{question.code}", Lazy(question.label), is_remembered=False)
        for question in questions
    ]
    return replace(NEED_LIST, columns=(*columns[:place], FIRM_CODE, *columns[place:], *answer_columns))


async def check_rows(
    listing_import: ListingImport, rows: Sequence[ListingImportRow], around: RowSurroundings
) -> None:
    """Fill in what is found of each row; the caller saves them."""
    form = form_of_questions(around.round.questions)
    filled = [
        (row, filled_row(row, listing_import, form)) for row in sorted(rows, key=lambda row: row.row_number)
    ]
    await look_up_firms(around, [sheet_row for _row, sheet_row in filled])
    with in_source_language():
        for row, sheet_row in filled:
            await _check(row, sheet_row, form, around)


async def look_up_firms(around: RowSurroundings, rows: Sequence[SheetRow]) -> None:
    """Look up the organisations of the market that rows name."""
    around.firms = await known_firms((_name(row) for row in rows), (_code(row) for row in rows))


async def _check(row: ListingImportRow, filled: SheetRow, form: ListForm, around: RowSurroundings) -> None:
    read, firm, entry = await read_entry(filled, form, around)
    twin = None
    if firm is not None and entry is not None:
        row.organisation_id = entry.organisation_id
        row.reference = reference_of(firm.keys[0], entry.title_key, "")
        twin = next((other for other in around.entries.of(firm) if other.title_key == entry.title_key), None)
    first = around.rows.setdefault(row.reference, row.row_number) if row.reference else row.row_number
    is_same = twin is not None and entry is not None and _says_the_same(twin, entry, read)
    if twin is not None and not is_same:
        sentence = _("%(number)s 已填报同名需求，内容不同；要改请先撤销那一条。", number=twin.number)
        read.faults.append(Fault("title", sentence))
    elif firm is not None and twin is None and first == row.row_number and not read.faults:
        read.faults += _over_limit(firm, row.row_number, around)
    describe(row, read, filled)
    row.sentence = ""
    if row.answers.get(DECISION) == LEAVE:
        row.standing = RowStanding.LEFT_OUT
    elif first != row.row_number:
        row.standing, row.sentence = RowStanding.SAME, _("与第 %(row)s 行是同一条。", row=first)
    elif is_same and twin is not None:
        row.standing, row.listing_id = RowStanding.SAME, twin.id
        row.sentence = _("与 %(number)s 一样，不变。", number=twin.number)
    elif read.faults:
        row.standing = RowStanding.FAULTY
    else:
        row.standing = RowStanding.READY
        for key in firm.keys if firm else ():
            around.counts.setdefault(key, []).append(row.row_number)


async def read_entry(
    filled: SheetRow, form: ListForm, around: RowSurroundings
) -> tuple[ReadRow, Firm | None, SurveyEntry | None]:
    """Return what a row says with its faults, the firm that it names, and the entry that it makes.

    The entry is not stored and has no number; without a firm there is none.
    """
    read = read_row(form, filled)
    firm = _firm(filled, read, around)
    if firm is None:
        return read, None, None
    entry = _entry(read, firm, around.round)
    entry.answers = _answers(filled, read, around.round.questions)
    faulty = {fault.column for fault in read.faults}
    questions = [q for q in around.round.questions if f"{PREFIX}-{q.code}" not in faulty]
    for name, sentence in await submission_faults(
        around.round.survey, entry, questions, now=around.round.now
    ):
        column = name if form.has(name) else "title"
        if column not in faulty:
            faulty.add(column)
            read.faults.append(Fault(column, sentence, _choices(column, form, around.round.questions)))
    if words := secret_words(all_texts(entry)):
        read.remarks["description"] = _("文字里有“%(words)s”，请看是否涉密。", words="”“".join(words[:5]))
    return read, firm, entry


def _choices(column: str, form: ListForm, questions: Sequence[Question]) -> tuple[str, ...]:
    """Return what a cell may be answered, so that a page offers a list."""
    if codes := form.column(column).codes:
        return tuple(names_of(codes))
    return next((q.choices for q in questions if column == f"{PREFIX}-{q.code}"), ())


def _firm(filled: SheetRow, read: ReadRow, around: RowSurroundings) -> Firm | None:
    """Return the firm that a row names; a fault at its cell where it cannot enter."""
    name, code = _name(filled), _code(filled)
    if any(fault.column in ("owner", "firm_code") for fault in read.faults):
        return None
    if code and not uscc.is_valid(code):
        read.faults.append(Fault("firm_code", _("统一社会信用代码的校验位不对，请核对。")))
        return None
    named = around.firms.by_name.get(canonical_key(name))
    coded = around.firms.by_code.get(code)
    if coded is not None and canonical_key(coded.name) != canonical_key(name):
        sentence = _("这个代码是“%(name)s”的，与单位名称不符。", name=coded.name)
        read.faults.append(Fault("owner", sentence, (coded.name,)))
        return None
    if named is not None and code and named.uscc != code:
        read.faults.append(Fault("firm_code", _("与“%(name)s”认证的代码不同，请核对。", name=name)))
        return None
    organisation = coded or named
    if organisation is None:
        if around.round.unit is None:
            sentence = _("单位“%(name)s”没有注册或未认证。", name=name[:60])
            read.faults.append(Fault("owner", sentence))
            return None
        read.remarks["owner"] = _("还没有在平台认证：先由推荐单位代管，认证后自动转给它")
        return Firm(name, code)
    firm = Firm(name, code, organisation)
    if not firm.may_enter:
        read.faults.append(Fault("owner", _("“%(name)s”不是企业或合作社，不能填报需求。", name=name[:60])))
        return None
    return firm


def _name(filled: SheetRow) -> str:
    return " ".join(filled["owner"].split())[:120]


def _code(filled: SheetRow) -> str:
    return "".join(filled["firm_code"].split()).upper()[:18]


def _entry(read: ReadRow, firm: Firm, into: Round) -> SurveyEntry:
    values = {**blank_values(), **read.values}
    values.pop("source_reference", None)
    if values["deadline_on"] is None:
        # As in lists of needs: what has no last day stands for the usual term.
        values["deadline_on"] = expires_on(local_date(into.now))
    if firm.organisation is not None:
        owner = firm.organisation
        values["region"] = values["region"] or owner.region
        if not values["contact_name"]:
            values["contact_name"] = owner.contact_name[:60]
            values["contact_phone"] = values["contact_phone"] or owner.contact_phone[:40]
    elif into.unit is not None:
        values["region"] = values["region"] or into.unit.region
    content, contact = split_values(values)
    holder = firm.organisation.id if firm.organisation else into.unit.organisation_id if into.unit else None
    title = str(values["title"])
    return SurveyEntry(
        id=uuid4(),
        survey_id=into.survey.id,
        organisation_id=holder,
        firm_name="" if firm.organisation else firm.name,
        firm_code="" if firm.organisation else firm.code,
        unit_id=into.unit.id if into.unit else None,
        created_by_id=into.author_id,
        created_at=into.now,
        updated_at=into.now,
        form_version=into.form_version,
        title=title,
        title_key=title_key(title),
        values=content,
        contact=contact,
        answers={},
    )


def _answers(filled: SheetRow, read: ReadRow, questions: Sequence[Question]) -> dict[str, str]:
    """Return the answers of a row; a fault at the cell of one that is none."""
    texts = {f"{PREFIX}-{q.code}": _plain(filled[f"{PREFIX}-{q.code}"], q.kind) for q in questions}
    form = answer_form(questions, MultiDict({name: text for name, text in texts.items() if text}))
    if not form.validate():
        for question in questions:
            if errors := form._fields[question.code].errors:
                column = f"{PREFIX}-{question.code}"
                read.faults.append(Fault(column, str(errors[0]), question.choices))
    return form.answers


def _plain(text: str, kind: QuestionKind) -> str:
    """Return a cell as it would be typed: spreadsheets write 350.0, and a day with a time."""
    if kind is QuestionKind.NUMBER:
        return text.removesuffix(".0")
    return text[:10] if kind is QuestionKind.DATE and text[10:] == " 00:00:00" else text


def _says_the_same(twin: SurveyEntry, entry: SurveyEntry, read: ReadRow) -> bool:
    """Return whether a row tells nothing of an entry that it does not say already."""
    given = [name for name in read.given if name in entry.values]
    return (
        all(twin.values.get(name) == entry.values[name] for name in given)
        and {**twin.answers, **entry.answers} == twin.answers
    )


def _over_limit(firm: Firm, number: int, around: RowSurroundings) -> list[Fault]:
    """Return the fault of a row whose firm has as many entries as it may, with those above it in the list."""
    survey, existing = around.round.survey, around.entries.of(firm)
    above = {row for key in firm.keys for row in around.counts.get(key, ()) if row != number}
    if len(existing) + len(above) < survey.per_unit_most:
        return []
    first = existing[0].number if existing else _("第 %(row)s 行", row=min(above))
    names = {"most": survey.per_unit_most, "first": first}
    return [Fault("owner", _("本次征集每单位限报 %(most)s 项，已有 %(first)s。", **names))]
