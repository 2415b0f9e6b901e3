"""Figures of quality that are counts: of listings, answers, and how far matches came; each opens its rows.

Who talks with whom is not public: rows of matches tell guests field and day, the department also which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from market.codes.labels import label
from market.kit.database import connection
from market.kit.formats import day
from market.kit.i18n import Lazy, lazy
from market.kit.i18n import gettext as _
from market.listings.search import VISIBLE_NEEDS, VISIBLE_OUTCOMES
from market.records.figures import (
    Column,
    Figure,
    FigureGroup,
    FigureValue,
    Link,
    Measure,
    Period,
    Row,
    RowSource,
    Scope,
    measure,
)

SCOPE = ("field", "reason")
MOST_TEXT = {"field": 24, "reason": 40}
"""The longest values of these."""
GOOD, THIN, DAYS_TO_ANSWER, ENDING_DAYS = 80, 60, 3, 30
"""Completeness from which on a listing is whole, and below which it is thin; days (assumed)."""


def rows_query(figure: Figure, _period: Period, scope: Scope) -> Iterable[tuple[str, str]]:
    """Yield the query of the page that shows the rows of a figure."""
    yield from ((name, scope[name]) for name in SCOPE if scope.get(name))
    yield "figure", figure.key


def _among(statuses: Iterable[object]) -> str:
    return ", ".join(f"'{status}'" for status in statuses)


NO_FIELD = "none"
"""The field of a listing that has none, so that its figures can be narrowed to it."""


def _named_field(column: str) -> str:
    return f"coalesce(nullif({column}, ''), '{NO_FIELD}')"


_NARROWED = "($3::text = '' OR field = $3::text) AND ($4::text = '' OR reason = $4::text)"
_FOLDED = "lower(regexp_replace({table}.title, '[[:space:][:punct:]]', '', 'g'))"


def _live(kind: str, table: str, statuses: Iterable[object]) -> str:
    folded = _FOLDED.format(table=table)
    return (
        f"SELECT '{kind}' AS kind, number, title, {_named_field('field')} AS field, "  # noqa: S608
        "'' AS reason, completeness, verified_on, "
        "expires_on, reminded_on IS NOT NULL AND reminded_on > verified_on "
        "AND reminded_on - verified_on > 300 AS is_stale, expires_on - $2::date AS days_left, "
        f"count(*) OVER (PARTITION BY {folded}) > 1 AS is_double, 0 AS amount, 'CNY' AS currency "
        f"FROM {table} WHERE status IN ({_among(statuses)}) AND $1::date IS NOT NULL"
    )


LISTING_ROWS = (
    f"SELECT * FROM ({_live('outcome', 'outcomes', VISIBLE_OUTCOMES)} UNION ALL "  # noqa: S608
    f"{_live('need', 'needs', VISIBLE_NEEDS)}) AS rows WHERE {_NARROWED}"
)
QUESTION_ROWS = f"""
SELECT * FROM (
    SELECT q.subject_kind AS kind, coalesce(o.number, n.number, h.number, '') AS number,
        {_named_field("coalesce(o.field, n.field, h.field)")} AS field,
        '' AS reason, (q.asked_at AT TIME ZONE 'Asia/Shanghai')::date AS asked_on,
        (q.answered_at AT TIME ZONE 'Asia/Shanghai')::date AS answered_on, q.status, q.id::text AS id,
        extract(epoch FROM q.answered_at - q.asked_at) / 3600 AS hours,
        ($2::date - (q.asked_at AT TIME ZONE 'Asia/Shanghai')::date) AS days_open,
        0 AS amount, 'CNY' AS currency
    FROM questions q LEFT JOIN outcomes o ON q.subject_kind = 'outcome' AND o.id = q.subject_id
        LEFT JOIN needs n ON q.subject_kind = 'need' AND n.id = q.subject_id
        LEFT JOIN challenges h ON q.subject_kind = 'challenge' AND h.id = q.subject_id
    WHERE q.status <> 'hidden' AND $1::date IS NOT NULL
) AS rows WHERE {_NARROWED}
"""  # noqa: S608
MATCH_ROWS = f"""
SELECT * FROM (
    SELECT m.id::text AS id, {_named_field("n.field")} AS field, '' AS reason,
        n.number AS need, o.number AS outcome,
        (m.computed_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
        m.status <> 'suggested' OR d.deals IS NOT NULL
            OR EXISTS (SELECT 1 FROM match_feedback f WHERE f.match_id = m.id) AS is_opened,
        m.status IN ('interested', 'talking', 'dealt') OR d.deals IS NOT NULL AS is_interested,
        m.status IN ('talking', 'dealt') OR coalesce(d.is_talking, false) AS is_talking,
        coalesce(d.is_signed, false) AS is_signed, 0 AS amount, 'CNY' AS currency
    FROM matches m JOIN needs n ON n.id = m.need_id JOIN outcomes o ON o.id = m.outcome_id LEFT JOIN (
        SELECT match_id, count(*) AS deals,
               bool_or(status NOT IN ('intent', 'terminated')
                       OR (seller_agreed_at IS NOT NULL AND buyer_agreed_at IS NOT NULL)) AS is_talking,
               bool_or(status IN ('signed', 'registered', 'paying', 'completed', 'rescinded')) AS is_signed
        FROM deals WHERE match_id IS NOT NULL GROUP BY match_id
    ) d ON d.match_id = m.id WHERE $1::date IS NOT NULL AND $2::date IS NOT NULL
) AS rows WHERE {_NARROWED}
"""  # noqa: S608
REASON_ROWS = f"""
SELECT * FROM (
    SELECT 'refused' AS kind, f.id::text AS id, {_named_field("n.field")} AS field, f.reason,
        n.number AS need, o.number AS outcome, (f.given_at AT TIME ZONE 'Asia/Shanghai')::date AS day,
        0 AS amount, 'CNY' AS currency
    FROM match_feedback f JOIN matches m ON m.id = f.match_id JOIN needs n ON n.id = m.need_id
        JOIN outcomes o ON o.id = m.outcome_id
    UNION ALL
    SELECT 'ended', d.id::text, {_named_field("n.field")}, d.end_reason, n.number, o.number,
        (d.updated_at AT TIME ZONE 'Asia/Shanghai')::date, 0, 'CNY'
    FROM deals d JOIN matches m ON m.id = d.match_id JOIN needs n ON n.id = m.need_id
        JOIN outcomes o ON o.id = m.outcome_id WHERE d.end_reason <> ''
) AS rows WHERE reason <> '' AND {_NARROWED} AND $1::date IS NOT NULL AND $2::date IS NOT NULL
"""  # noqa: S608
PAGES = {"outcome": "pages:outcome", "need": "pages:need", "challenge": "challenges:show"}


def _listing(row: Row) -> Link | None:
    number = row.values["number"]
    return Link(PAGES[row.values["kind"]], {"number": str(number)}) if number else None


def _is_public(row: Row) -> bool:
    return bool(row.values.get("status", "answered") == "answered")


def _kind(row: Row) -> str:
    words = {"outcome": _("成果"), "need": _("需求"), "challenge": _("榜单")}
    return words.get(str(row.values["kind"]), str(row.values["kind"]))


def _field(row: Row) -> str:
    return field_words(str(row.values["field"]))


def field_words(field: str) -> str:
    """Return what a field is called."""
    return _("未分类") if field == NO_FIELD else label("field", field)


def _source(query: str, order: str, unit: Lazy, *columns: Column) -> RowSource:
    return RowSource(query, SCOPE, order, columns, "pages:quality_rows", rows_query, unit, "#rows")


_FIELD = Column(lazy("领域"), _field)
LISTINGS = _source(
    LISTING_ROWS,
    "kind DESC, number",
    lazy("条"),
    Column(lazy("编号"), lambda row: str(row.values["number"]), _listing),
    Column(lazy("类别"), _kind),
    Column(lazy("名称"), lambda row: str(row.values["title"])),
    _FIELD,
    Column(lazy("完整度"), lambda row: str(row.values["completeness"])),
    Column(lazy("最近核实"), lambda row: day(row.values["verified_on"])),
    Column(lazy("到期"), lambda row: day(row.values["expires_on"])),
)
QUESTIONS = _source(
    QUESTION_ROWS,
    "asked_on DESC, id",
    lazy("个"),
    Column(
        lazy("问的是"),
        lambda row: str(row.values["number"]) if _is_public(row) else _("答复以后公开"),
        lambda row: _listing(row) if _is_public(row) else None,
    ),
    Column(lazy("类别"), _kind),
    _FIELD,
    Column(lazy("提问日"), lambda row: day(row.values["asked_on"])),
    Column(lazy("答复日"), lambda row: day(row.values["answered_on"])),
)
MATCHES = _source(
    MATCH_ROWS,
    "day DESC, id",
    lazy("条"),
    _FIELD,
    Column(lazy("计算日"), lambda row: day(row.values["day"])),
)
REASONS = _source(
    REASON_ROWS,
    "day DESC, id",
    lazy("条"),
    _FIELD,
    Column(lazy("日期"), lambda row: day(row.values["day"])),
)
BETWEEN = (
    Column(lazy("需求"), lambda row: str(row.values["need"]), lambda row: _of(row, "need")),
    Column(lazy("成果"), lambda row: str(row.values["outcome"]), lambda row: _of(row, "outcome")),
)
"""Which need and outcome a row of matches is about, for the department alone."""


def _of(row: Row, kind: str) -> Link:
    return Link(PAGES[kind], {"number": str(row.values[kind])})


def _count(key: str, words: Lazy, source: RowSource, where: str = "true") -> Figure:
    return Figure(f"pages.{key}", words, source, where, Measure.COUNT)


LISTING_FIGURES = (
    _count("live", lazy("在架的成果和需求"), LISTINGS),
    _count("whole", lazy("写得完整的"), LISTINGS, f"completeness >= {GOOD}"),
    _count("thin", lazy("写得太少的"), LISTINGS, f"completeness < {THIN}"),
    _count("stale", lazy("久未核实的"), LISTINGS, "is_stale"),
    _count("ending", lazy("三十天内到期的"), LISTINGS, f"days_left BETWEEN 0 AND {ENDING_DAYS}"),
    _count("double", lazy("名称与另一条相同的"), LISTINGS, "is_double"),
)
QUESTION_FIGURES = (
    _count("asked", lazy("公开提问"), QUESTIONS),
    _count("answered", lazy("已经答复的"), QUESTIONS, "status = 'answered'"),
    _count("quick", lazy("三天内答复的"), QUESTIONS, f"hours <= {24 * DAYS_TO_ANSWER}"),
    _count(
        "late", lazy("超过三天没有答复的"), QUESTIONS, f"status = 'open' AND days_open > {DAYS_TO_ANSWER}"
    ),
)
STAGES: Mapping[str, Lazy] = {
    "shown": lazy("推荐"),
    "opened": lazy("处理"),
    "interested": lazy("有意向"),
    "talking": lazy("洽谈"),
    "signed": lazy("签约"),
}
"""The live funnel; what each stage means stands in the page's definitions and in the statement above."""
STAGE_FIGURES = tuple(
    _count(key, words, MATCHES, "true" if key == "shown" else f"is_{key}") for key, words in STAGES.items()
)
REASON_FIGURES = (
    _count("refused", lazy("不感兴趣的原因"), REASONS, "kind = 'refused'"),
    _count("ended", lazy("谈了没成的原因"), REASONS, "kind = 'ended'"),
)
FIGURES = (*LISTING_FIGURES, *QUESTION_FIGURES, *STAGE_FIGURES, *REASON_FIGURES)
BY_KEY = {figure.key: figure for figure in FIGURES}
PRIVATE = (MATCHES, REASONS)
"""Sources whose rows tell the department more than everybody."""


@dataclass(frozen=True)
class Share:
    """A count beside the one that it is a part of; the ratio opens both."""

    part: FigureValue
    whole: FigureValue

    @property
    def tenths(self) -> int | None:
        """Return the share in tenths of a percent; None of nothing."""
        whole = self.whole.count
        return (2000 * self.part.count + whole) // (2 * whole) if whole else None

    @property
    def words(self) -> str:
        return "—" if self.tenths is None else f"{self.tenths // 10}.{self.tenths % 10} %"


@dataclass(frozen=True)
class Counts:
    """All counts of the page."""

    listings: Sequence[Share]
    questions: Sequence[Share]
    median_hours: float | None
    """Of answered questions: half were answered sooner."""
    stages: Mapping[str, FigureValue]
    fields: Sequence[tuple[str, Mapping[str, FigureValue]]]
    refused: Sequence[tuple[str, FigureValue]]
    ended: Sequence[tuple[str, FigureValue]]


def until(today: date) -> Period:
    """Return the period of the page: everything until today."""
    return Period(date(2000, 1, 1), today)


async def counts_of(today: date) -> Counts:
    """Return all counts of the page, from four passes."""
    period = until(today)
    (listings,) = await measure(LISTING_FIGURES, period)
    (questions,) = await measure(QUESTION_FIGURES, period)
    (whole,) = await measure(STAGE_FIGURES, period)
    by_field = await measure(STAGE_FIGURES, period, by=("field",))
    reasons = await measure(REASON_FIGURES, period, by=("reason",))
    ordered = sorted(by_field, key=lambda group: (-group.values["shown"].count, group.key["field"]))
    return Counts(
        _shares(listings, "live"),
        _shares(questions, "asked"),
        await _median_hours(period),
        whole.values,
        [(field_words(group.key["field"]), group.values) for group in ordered],
        _reasons(reasons, "refused", "drop_reason"),
        _reasons(reasons, "ended", "end_reason"),
    )


def _shares(group: FigureGroup, whole: str) -> list[Share]:
    return [Share(value, group.values[whole]) for value in group.values.values()]


def _reasons(groups: Sequence[FigureGroup], key: str, kind: str) -> list[tuple[str, FigureValue]]:
    counted = [group for group in groups if group.values[key].count]
    values = [(label(kind, group.key["reason"]), group.values[key]) for group in counted]
    return sorted(values, key=lambda pair: (-pair[1].count, pair[0]))


async def _median_hours(period: Period) -> float | None:
    rows = await connection().execute_query_dict(
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY hours)::float AS median "  # noqa: S608
        f"FROM ({QUESTION_ROWS}) AS rows WHERE status = 'answered'",
        QUESTIONS.parameters(period, {}),
    )
    median = rows[0]["median"]
    return None if median is None else float(median)
