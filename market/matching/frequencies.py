"""How rare a term is on this market. Counted from the index now and then, kept in a table.

A table, because both engines then score alike and Meilisearch has no cheap way to tell; now and
then, because a score should not move with every listing.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from market.kit.database import atomic, connection
from market.matching.models import TermFrequency
from market.search.engine import SearchEngine

STALE = 0.1
"""Counted anew when the number of listings has changed by this share."""
ALL = ""
PRIOR = 400
"""So many listings are presumed beside the real ones, in which"""
RARE_SHARE = 0.001
"""a term stands in this share,"""
LETTER_SHARE = 0.005
"""a single character in this one,"""
COMMON_SHARE = 0.2
"""and one of these in that:"""
_COMMON = """
技术 方法 装置 系统 研究 研发 研制 开发 应用 项目 产业 产业化 关键 关键技术 解决 方案 解决方案 公司 企业 产品
设备 提高 提升 设计 制备 工艺 生产 国内 国外 发展 现状 水平 领域 分析 要求 达到 主要 相关 传统 新型 一定 不同
效果 性能 影响 结果 表明 过程 条件 作用 处理 检测 材料 质量 成本 效率 实验 试验 模型 数据 结构 功能 控制 指标
"""
COMMON = frozenset(_COMMON.split())


@dataclass(frozen=True)
class Frequencies:
    """The counts of some terms. A term that is not among them stands in one listing at most."""

    outcomes: int
    needs: int
    counts: Mapping[str, tuple[int, int]]
    """Of outcomes and of needs."""
    _rarity: dict[str, float] = field(default_factory=dict, compare=False, repr=False)

    def idf(self, term: str) -> float:
        """Return how rare a term is: 0 for one that stands everywhere."""
        if (known := self._rarity.get(term)) is None:
            known = self._rarity[term] = self._idf(term)
        return known

    def _idf(self, term: str) -> float:
        return _idf(term, self.outcomes + self.needs, sum(self.counts.get(term, (1, 0))))

    def count_in(self, index: str, term: str) -> int:
        """Return in how many documents of an index the term stands, at least 1."""
        return max(1, self.counts.get(term, (0, 0))[index == "needs"])


async def load_frequencies(terms: Collection[str]) -> Frequencies:
    """Load the counts of these terms."""
    rows = await connection().execute_query_dict(
        "SELECT term, outcomes, needs FROM term_frequencies WHERE term = ANY($1::text[])", [[ALL, *terms]]
    )
    counts = {str(row["term"]): (int(row["outcomes"]), int(row["needs"])) for row in rows}
    outcomes, needs = counts.pop(ALL, (0, 0))
    return Frequencies(outcomes, needs, counts)


async def refresh_if_stale(search: SearchEngine) -> bool:
    """Count anew if the market has grown or shrunk by much since; tell whether that was done."""
    known = await TermFrequency.get_or_none(term=ALL)
    before = known.outcomes + known.needs if known else 0
    now = await search.count("outcomes") + await search.count("needs")
    if abs(now - before) <= STALE * before:
        return False
    await count_terms(search)
    return True


async def count_terms(search: SearchEngine) -> int:
    """Count every term of the index and return how many stand in more than one listing."""
    found = await frequencies_of(search)
    await _replace({ALL: (found.outcomes, found.needs), **found.counts})
    return len(found.counts)


async def frequencies_of(search: SearchEngine) -> Frequencies:
    """Count every term of the index that stands in more than one listing; changes nothing."""
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
        [list(counts), [one for one, _ in counts.values()], [one for _, one in counts.values()]],
    )


def _idf(term: str, total: int, count: int) -> float:
    # A young market cannot tell rare from common, so each is begun with what is known beforehand.
    before = COMMON_SHARE if term in COMMON else LETTER_SHARE if len(term) == 1 else RARE_SHARE
    return -math.log((min(count, total) + PRIOR * before) / (total + PRIOR))
