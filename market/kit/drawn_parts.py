"""Parts of pages that are drawn once and kept by what they are drawn from: filters and rows of lists."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from market.kit.i18n import get_locale

MOST = 2000
"""Parts that are kept; the one that was not asked for longest goes first."""
_parts: OrderedDict[tuple[str, Hashable], str] = OrderedDict()


def drawn(key: Hashable, caller: Callable[[], str]) -> str:
    """Return a part that was drawn before from the same, in the same language, or draw it.

    `key` tells everything that the part shows, with the part's name; None: it is drawn and not kept. A
    template writes `{% call drawn(key) %}…{% endcall %}`.
    """
    if key is None:
        return caller()
    whole = (get_locale(), key)
    if whole in _parts:
        _parts.move_to_end(whole)
        return _parts[whole]
    part = _parts[whole] = caller()
    if len(_parts) > MOST:
        _parts.popitem(last=False)
    return part
