"""Numbers of patents as people type them: Chinese ones are checked, foreign ones kept. Pure."""

from __future__ import annotations

from market.codes.patents import foreign_number, is_publication_number, parse_patent_number, right_check_digit
from market.kit.i18n import gettext as _


class InvalidNumber(ValueError):
    """The number of a patent cannot be right; the message says why."""


def patent_number_of(text: str) -> str:
    """Return the number of a patent or an application in canonical form.

    Raises:
        InvalidNumber: it is the number of a publication, or its check digit is wrong.
    """
    number = parse_patent_number(text) or foreign_number(text)
    if number is not None:
        return number
    if is_publication_number(text):
        raise InvalidNumber(
            _(
                "%(number)s 是公开（公告）号，请填申请号（专利号），如 201810861934.2。",
                number=text.strip()[:40],
            )
        )
    if digit := right_check_digit(text):
        raise InvalidNumber(
            _(
                "专利号 %(number)s 的校验位不对，按前面的数字应为 %(digit)s，请看证书。",
                number=text.strip()[:40],
                digit=digit,
            )
        )
    raise InvalidNumber(
        _("专利号 %(number)s 的校验位不对，请核对，如 201810861934.2。", number=text.strip()[:40])
    )
