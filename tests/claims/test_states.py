"""The life of a claim as a table."""

from __future__ import annotations

from itertools import product

import pytest

from market.claims.states import EDITABLE, WORKFLOW, ClaimAction, ClaimStatus, require_editable
from market.kit.errors import Conflict


@pytest.mark.parametrize(("status", "action"), list(product(ClaimStatus, ClaimAction)))
def test_a_claim_takes_only_the_steps_of_its_table(status: ClaimStatus, action: ClaimAction) -> None:
    if WORKFLOW.allows(status, action):
        assert WORKFLOW.next(status, action) is WORKFLOW.transitions[status, action]
        assert action in WORKFLOW.actions(status)
    else:
        with pytest.raises(Conflict):
            WORKFLOW.next(status, action)


def test_an_applicant_changes_a_claim_only_while_it_lies_with_them() -> None:
    for status in ClaimStatus:
        if status in EDITABLE:
            require_editable(status)
        else:
            with pytest.raises(Conflict):
                require_editable(status)
