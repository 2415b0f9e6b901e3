"""Quality of matching and search: the last published evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from market.codes.labels import label
from market.kit.charts import ShareBar
from market.kit.i18n import Lazy, lazy
from market.kit.models import SystemState

KEY = "quality"
MOST_SIZE = 200_000
"""Largest report that is accepted, in characters."""

MOST_METHOD = 1_000


class NoReport(ValueError):
    """Raised for JSON that is not a report of an evaluation; the message says why."""


@dataclass(frozen=True)
class Figure:
    """One measured number with what it is compared to. Shares are between 0 and 1."""

    key: str
    """Its definition on the page is `#def-` and this."""
    label: str
    value: float
    interval: tuple[float, float] | None
    baselines: Sequence[tuple[str, float]]
    """The same measured of simpler ways: name and value."""
    n: int | None

    @property
    def bar(self) -> ShareBar:
        return ShareBar(self.value, [value for _name, value in self.baselines])


@dataclass(frozen=True)
class Part:
    """One thing that was measured."""

    label: str
    figures: Sequence[Figure]


@dataclass(frozen=True)
class Report:
    """A published evaluation, as the page shows it."""

    engine: str
    embedder: str
    scorer: str
    measured_on: str
    published_at: datetime
    parts: Sequence[Part]
    fields: Sequence[tuple[str, Sequence[Figure]]]
    duplicates: tuple[int, int, int] | None
    """Found, of how many, and wrongly taken for one."""
    method: str = ""
    """How the questions came about, in words; empty: as the page says of itself."""


MEASURES: Mapping[str, Lazy] = {
    "ndcg_10": lazy("前 10 条的排序质量（nDCG@10）"),
    "auc": lazy("好坏分得开的程度（AUC）"),
    "recall_100": lazy("前 100 条找回的强匹配（召回率）"),
    "mrr_10": lazy("要找的那条排得多靠前（MRR@10）"),
    "recall_10": lazy("要找的那条进入前 10（召回率）"),
}
PARTS: Mapping[str, Lazy] = {
    "graded": lazy("企业需求找成果"),
    "topics": lazy("按关键词找同一主题的成果"),
    "known_item": lazy("找一份已知的成果"),
}
KINDS: Mapping[str, Lazy] = {
    "title": lazy("用名称"),
    "kw": lazy("用至多六个关键词"),
    "kw2": lazy("用两个关键词"),
    "title_en": lazy("用英文名称找中文成果"),
}
BASELINES: Mapping[str, Lazy] = {
    "keyword": lazy("只比关键词"),
    "random": lazy("随机排列"),
    "field": lazy("只按领域"),
}


async def publish_report(report: Any, *, now: datetime) -> None:
    """Store a report for the public page, in place of the last one.

    Raises:
        NoReport: it is not shaped as `evaluate` writes it.
    """
    check_report(report)
    await SystemState.update_or_create(
        key=KEY, defaults={"value": {"report": report, "published_at": now.isoformat()}}
    )


async def find_report() -> Report | None:
    """Return the last published report; None before there is one."""
    stored = await SystemState.get_or_none(key=KEY)
    if stored is None:
        return None
    report: dict[str, Any] = stored.value["report"]  # type: ignore[assignment]
    published_at = datetime.fromisoformat(str(stored.value["published_at"]))
    return read_report(report, published_at)


def check_report(report: Any) -> None:
    """Validate the shape that `evaluate` writes: names as texts, shares between 0 and 1.

    Raises:
        NoReport: says what is wrong.
    """
    if not isinstance(report, dict) or not isinstance(report.get("engine"), str):
        raise NoReport("no JSON object with an engine")
    measured = [key for key in (*PARTS, "duplicates") if isinstance(report.get(key), dict)]
    if not measured:
        raise NoReport("nothing was measured: graded, topics, known_item and duplicates are all missing")
    for part, figures in _measured(report):
        for key in MEASURES:
            value = figures.get(key)
            if value is not None and not (_is_number(value) and 0 <= value <= 1):
                raise NoReport(f"{part}.{key} is no share between 0 and 1")
    duplicates = report.get("duplicates") or {}
    if any(not isinstance(value, int) or value < 0 for value in duplicates.values()):
        raise NoReport("duplicates holds something that is no count")


def read_report(report: Mapping[str, Any], published_at: datetime) -> Report:
    """Return a report that was checked as the page shows it."""
    parts = [Part(str(PARTS[key]), _figures(report[key])) for key in ("graded", "topics") if report.get(key)]
    for kind, figures in (report.get("known_item") or {}).items():
        if isinstance(figures, dict) and (part_figures := _figures(figures)):
            parts.append(Part(f"{PARTS['known_item']}：{KINDS.get(kind, kind)}", part_figures))
    duplicates = report.get("duplicates") or {}
    by_field = report.get("fields") or (report.get("graded") or {}).get("fields") or {}
    return Report(
        engine=str(report["engine"]),
        embedder=str(report.get("embedder") or ""),
        scorer=str(report.get("scorer") or ""),
        measured_on=str(report.get("date") or "")[:10],
        method=str(report.get("method") or "")[:MOST_METHOD],
        published_at=published_at,
        parts=[part for part in parts if part.figures],
        fields=[
            (label("field", field), _figures(figures))
            for field, figures in by_field.items()
            if isinstance(figures, dict)
        ],
        duplicates=(duplicates["found"], duplicates["of"], duplicates.get("false", 0))
        if {"found", "of"} <= duplicates.keys()
        else None,
    )


def _measured(report: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    sections: list[tuple[str, Any]] = [(key, report.get(key)) for key in ("graded", "topics")]
    known_items = report.get("known_item")
    sections += (
        [(f"known_item.{kind}", value) for kind, value in known_items.items()]
        if isinstance(known_items, dict)
        else []
    )
    return [(part, figures) for part, figures in sections if isinstance(figures, dict)]


def _figures(measured: Mapping[str, Any]) -> list[Figure]:
    n = measured.get("n")
    measures = []
    for key, measure_label in MEASURES.items():
        value: Any = measured.get(key)
        if not _is_number(value):
            continue
        interval: Any = measured.get(f"{key}_interval")
        baselines = [
            (str(BASELINES.get(name, name)), float(figures[key]))
            for name, figures in (measured.get("baseline") or {}).items()
            if isinstance(figures, dict) and _is_number(figures.get(key))
        ]
        measures.append(
            Figure(
                key=key,
                label=str(measure_label),
                value=float(value),
                interval=(float(interval[0]), float(interval[1])) if _is_interval(interval) else None,
                baselines=baselines,
                n=n if isinstance(n, int) else None,
            )
        )
    return measures


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_interval(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_is_number(bound) for bound in value)
