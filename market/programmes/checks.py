"""Invariants of programmes and the versions of their terms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import groupby, zip_longest

from market.kit.findings import MAX_FINDINGS
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy
from market.kit.room import Check, Invariant
from market.programmes.catalogue import names_of, terms_of
from market.programmes.models import ProgrammeTerms
from market.programmes.states import TermsStatus


async def programmes_are_as_released() -> list[str]:
    """Each programme is named by its newest version, and each version is valid for its own period."""
    rows = await ProgrammeTerms.filter(status=TermsStatus.RELEASED).select_related("programme")
    rows.sort(key=lambda row: (row.programme.slug, row.valid_from))
    findings = []
    for slug, versions in groupby(rows, key=lambda row: row.programme.slug):
        released = list(versions)
        newest = names_of(terms_of(released[-1]))
        if any(getattr(released[-1].programme, name) != value for name, value in newest.items()):
            findings.append(_("政策 %(slug)s 的名称、发文单位、地区或对象与规则不同", slug=slug))
        for version, later in zip_longest(released, released[1:]):
            last = later.valid_from - timedelta(days=1) if later else None
            if (version.valid_from, version.valid_to) != (terms_of(version).valid_from, last):
                findings.append(
                    _("政策 %(slug)s 的 %(version)s 版有效期不对", slug=slug, version=version.version)
                )
    return findings[:MAX_FINDINGS]


CHECKS: Mapping[str, Invariant[Check]] = {
    "programmes: names and periods are those of released terms": Invariant(
        lazy("政策：名称和有效期与发布的规则一致"), programmes_are_as_released
    ),
}
