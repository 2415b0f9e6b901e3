"""The issuing office as printed documents and notices name it: from the settings, set once at the start."""

from __future__ import annotations

from dataclasses import dataclass

from market.kit.i18n import gettext as _

NUMBER_PATTERN = "补{kind}〔{year}〕{number}号"
"""Pattern of document numbers (文号) where the settings name none."""


@dataclass(frozen=True)
class Letterhead:
    """What stands on a document about the office that issues it; what is empty is not printed."""

    office: str = ""
    """Empty: documents are issued in the name of the programme's issuer."""
    address: str = ""
    phone: str = ""
    number_pattern: str = NUMBER_PATTERN
    """With `{kind}`, `{year}` and `{number}`."""

    def document_number(self, kind: str, year: int, number: int) -> str:
        """Return a number such as 补决〔2026〕3号."""
        return self.number_pattern.format(kind=kind, year=year, number=number)

    @property
    def contact(self) -> str:
        """Return office, address and telephone in one line, such as for objections on paper."""
        parts = (
            self.office,
            _("地址：%(address)s", address=self.address) if self.address else "",
            _("电话：%(phone)s", phone=self.phone) if self.phone else "",
        )
        return "，".join(part for part in parts if part)


_installed: list[Letterhead] = []


def use_letterhead(letterhead: Letterhead) -> None:
    """Make this the office of this process; called by whoever starts it."""
    _installed[:] = [letterhead]


def letterhead() -> Letterhead:
    """Return the office of this process; one without a name where nobody set it."""
    return _installed[0] if _installed else Letterhead()
