"""Which versions one would apply under now, and for which year: by calls, else the present year. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from market.programmes.call_windows import CallWindow, WindowState, current_windows, year_of
from market.programmes.rule_files import VersionError, version_for
from market.programmes.rule_terms import Terms


@dataclass(frozen=True)
class Target:
    """A version, the year one would claim for, and the call that matters."""

    terms: Terms
    year: int
    call: CallWindow | None
    """Open, else the next to open, else the one that closed last; None where there is none."""

    def live_call(self, now: datetime) -> CallWindow | None:
        """Return the call if it is open or to come."""
        is_over = self.call is None or self.call.state(now) is WindowState.CLOSED
        return None if is_over else self.call


def targets(
    released: Iterable[Terms], windows: Mapping[str, Sequence[CallWindow]], now: datetime
) -> list[Target]:
    """Return what one may apply for now, by programme: one target for each year that is called for.

    Of a year the version in force on its 31 December counts; a programme that had not begun is left out. Of
    calls for one year that are open together the one that closes last counts.
    """
    chosen: list[Target] = []
    by_programme = sorted(released, key=lambda terms: (terms.programme, terms.valid_from))
    for programme, versions in groupby(by_programme, key=lambda terms: terms.programme):
        of_programme = list(versions)
        calls: dict[int, CallWindow | None] = {}
        current: list[CallWindow | None] = [*current_windows(windows.get(programme, ()), now)]
        for call in current or [None]:
            calls[year_of(call, now)] = call
        for year, call in calls.items():
            try:
                chosen.append(Target(version_for(of_programme, year), year, call))
            except VersionError:
                continue
    return chosen
