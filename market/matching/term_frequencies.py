"""Term frequencies of the market, recounted from the index periodically and stored in a table.

Stored, so that scores are the same on both engines and since Meilisearch cannot count cheaply; periodically,
so that scores do not change with every listing.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from market.kit.database import atomic, connection
from market.matching.models import TermFrequency
from market.search.engine import SearchEngine

STALE = 0.1
"""Share of changed listings after which terms are recounted."""
TOTALS = ""
PRIOR = 400
"""Pseudo-count of listings added to the real ones (smoothing)."""
RARE_SHARE = 0.001
"""Prior frequency of a term."""
LETTER_SHARE = 0.005
"""Prior frequency of a single character."""
COMMON_SHARE = 0.2
"""Prior frequency of one of the common terms below."""
_COMMON = """
技术 方法 装置 系统 研究 研发 研制 开发 应用 项目 产业 产业化 关键 关键技术 解决 方案 解决方案 公司 企业 产品
设备 提高 提升 设计 制备 工艺 生产 国内 国外 发展 现状 水平 领域 分析 要求 达到 主要 相关 传统 新型 一定 不同
效果 性能 影响 结果 表明 过程 条件 作用 处理 检测 材料 质量 成本 效率 实验 试验 模型 数据 结构 功能 控制 指标
"""
COMMON = frozenset(_COMMON.split())


@dataclass(frozen=True)
class Frequencies:
    """Frequencies of some terms. A term without an entry is in one listing at most."""

    outcomes: int
    needs: int
    counts: Mapping[str, tuple[int, int]]
    """Numbers of outcomes and of needs, by term."""
    _rarity: dict[str, float] = field(default_factory=dict, compare=False, repr=False)

    def idf(self, term: str) -> float:
        """Return the inverse document frequency of a term: 0 for one in every listing."""
        if (cached := self._rarity.get(term)) is None:
            cached = self._rarity[term] = self._idf(term)
        return cached

    def _idf(self, term: str) -> float:
        return _idf(term, self.outcomes + self.needs, sum(self.counts.get(term, (1, 0))))

    def count_in(self, index: str, term: str) -> int:
        """Return the document frequency of a term in an index, at least 1."""
        return max(1, self.counts.get(term, (0, 0))[index == "needs"])


async def load_frequencies(terms: Collection[str]) -> Frequencies:
    """Load the frequencies of these terms."""
    rows = await connection().execute_query_dict(
        "SELECT term, outcomes, needs FROM term_frequencies WHERE term = ANY($1::text[])", [[TOTALS, *terms]]
    )
    counts = {str(row["term"]): (int(row["outcomes"]), int(row["needs"])) for row in rows}
    outcomes, needs = counts.pop(TOTALS, (0, 0))
    return Frequencies(outcomes, needs, counts)


async def refresh_if_stale(search: SearchEngine) -> bool:
    """Recount if the number of listings has changed much since; return whether it was done."""
    totals = await TermFrequency.get_or_none(term=TOTALS)
    before = totals.outcomes + totals.needs if totals else 0
    now = await search.count("outcomes") + await search.count("needs")
    if abs(now - before) <= STALE * before:
        return False
    await count_terms(search)
    return True


async def count_terms(search: SearchEngine) -> int:
    """Recount and store all terms; return how many are in more than one listing."""
    frequencies = await compute_frequencies(search)
    await _replace({TOTALS: (frequencies.outcomes, frequencies.needs), **frequencies.counts})
    return len(frequencies.counts)


async def compute_frequencies(search: SearchEngine) -> Frequencies:
    """Count the terms that are in more than one listing, without storing them."""
    outcomes = await search.term_frequencies("outcomes")
    needs = await search.term_frequencies("needs")
    counts = {
        term: (outcomes.get(term, 0), needs.get(term, 0))
        for term in outcomes.keys() | needs.keys()
        if len(term) <= 80 and outcomes.get(term, 0) + needs.get(term, 0) > 1
    }
    return Frequencies(await search.count("outcomes"), await search.count("needs"), counts)


@atomic()
async def _replace(counts: Mapping[str, tuple[int, int]]) -> None:
    await connection().execute_query("SELECT pg_advisory_xact_lock(hashtextextended('term_frequencies', 0))")
    await connection().execute_query("DELETE FROM term_frequencies")
    await connection().execute_query(
        "INSERT INTO term_frequencies (term, outcomes, needs) "
        "SELECT * FROM unnest($1::text[], $2::int[], $3::int[])",
        [
            list(counts),
            [outcomes for outcomes, _ in counts.values()],
            [needs for _, needs in counts.values()],
        ],
    )


def _idf(term: str, total: int, count: int) -> float:
    # Smoothed with priors, since a small market cannot tell rare terms from common ones.
    prior = COMMON_SHARE if term in COMMON else LETTER_SHARE if len(term) == 1 else RARE_SHARE
    return -math.log((min(count, total) + PRIOR * prior) / (total + PRIOR))
