"""The index of policies: documents of the library and of programmes in one."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from market.codes import regions
from market.kit.clock import start_of_day
from market.policies.models import Policy
from market.policies.states import PUBLIC, Level, Topic
from market.programmes.catalogue import all_programmes, build_programmes
from market.search.engine import Document


async def build_documents(ids: Sequence[UUID]) -> dict[UUID, Document | None]:
    """Load the public documents of these policies and programmes as they are now."""
    policies = await Policy.filter(id__in=list(ids), status__in=PUBLIC)
    return {**await build_programmes(ids), **{policy.id: policy_document(policy) for policy in policies}}


async def all_documents() -> dict[UUID, int]:
    """Return id and revision of all policies and programmes that should be found."""
    policies = await Policy.filter(status__in=PUBLIC)
    return {**await all_programmes(), **{policy.id: policy.revision for policy in policies}}


def policy_document(policy: Policy) -> Document:
    """Return the public document of a released policy."""
    code = regions.current(policy.region) if policy.region else ""
    levels = dict.fromkeys([code[:2] + "0000", code[:4] + "00", code]) if code else {}
    return {
        "id": policy.id,
        "revision": policy.revision,
        "title": policy.title,
        "keywords": [policy.document_number, *(str(Topic(topic).label) for topic in policy.topics)],
        "names": [policy.issuer],
        "text": "\n".join([policy.summary, *(point["words"] for point in policy.points), policy.text]),
        "scope": Level(policy.level).value,
        "regions": [region for region in levels if regions.is_known(region)],
        "status": policy.status.value,
        "effective_on": start_of_day(policy.effective_on),
        "released_at": policy.decided_at,
    }
