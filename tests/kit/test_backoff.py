"""How long a failed job waits before it is tried again."""

from __future__ import annotations

from market.kit.jobs import backoff
from market.search.jobs import relay_index


def test_a_failed_job_waits_twice_as_long_each_time_and_never_longer_than_its_limit() -> None:
    waits = [backoff(failures, 3600) for failures in range(1, 9)]

    assert waits == [3, 5, 9, 17, 33, 65, 129, 257]
    assert backoff(20, 3600) == 3600


def test_the_relay_for_which_all_others_of_its_index_wait_rests_half_a_minute_at_most() -> None:
    assert max(backoff(failures, relay_index.longest_wait) for failures in range(1, 21)) == 30
