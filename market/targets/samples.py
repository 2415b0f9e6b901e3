"""Draws of the deeds that are examined, and rulings on those that were not drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from market.accounts.messages import notify_staff
from market.accounts.models import StaffRole
from market.audit.log import record
from market.codes.numbers import next_number
from market.kit.clock import local_date
from market.kit.database import atomic
from market.kit.draws import seed_of
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.i18n import gettext as _
from market.records.by import By
from market.records.decisions import Verdict, decide
from market.records.transitions import transition_all
from market.targets.follow_ups import set_follow_up_moments
from market.targets.models import Deed, DeedSample, DeedVerdict, RestRuling
from market.targets.plans import definition_in_force
from market.targets.queries import city_name
from market.targets.sampling import Candidate, may_pass_rest, pick
from market.targets.states import ERRORS, DeedAction, DeedStatus, SampleVerb, TargetAct

KIND = "deed_sample"


@dataclass(frozen=True)
class CityOfSample:
    """Where the deeds of one city stand that a draw was made of."""

    city: str
    drawn: int
    waiting: int
    """Drawn and not decided yet."""
    errors: int
    rest: int
    """Not drawn and not decided yet."""
    ruling: RestRuling | None
    may_pass: bool

    @property
    def name(self) -> str:
        return city_name(self.city)


@atomic()
async def draw_sample(year: int, salt: str, *, by: By) -> DeedSample:
    """Draw which checked deeds of a year are examined, from a seed nobody can know before.

    The seed hangs on the audit event of this very act, whose time nobody chooses.

    Raises:
        Invalid: at `salt`, which takes at least four characters.
        Conflict: no checked deed waits for a draw.
    """
    by.actor.require(TargetAct.MANAGE_TARGETS)
    if len(salt) < 4:
        raise Invalid(_("请填写至少 4 个字符的随机口令，抽取前人人不能预知结果。"), field="salt")
    deeds = await _undrawn(year).order_by("number").select_for_update()
    definition = await definition_in_force(year)
    if not deeds or definition is None:
        raise Conflict(_("没有等待抽样的申报。"))
    population = [Candidate(deed.number, deed.city, deed.contract_amount) for deed in deeds]
    sample_id, number = uuid4(), await next_number(KIND, by.now)
    begun = await record(KIND, sample_id, SampleVerb.DRAW, by=by, number=number, deeds=len(deeds), salt=salt)
    seed = seed_of(number, begun.hash, salt)
    picked = pick(
        population,
        seed,
        all_from=definition.sample_all_from,
        share=definition.sample_share,
        least=definition.sample_least,
    )
    sample = await DeedSample.create(
        id=sample_id,
        number=number,
        year=year,
        definition_id=definition.id,
        population=[list(candidate) for candidate in population],
        picked=picked,
        salt=salt,
        chain_head=begun.hash,
        seed=seed,
        drawn_by_id=by.actor.user_id,
        drawn_at=by.now,
    )
    ids = [deed.id for deed in deeds]
    await Deed.filter(id__in=ids, number__in=picked).update(
        sample_id=sample.id, is_sampled=True, updated_at=by.now
    )
    await Deed.filter(id__in=ids, sample_id=None).update(sample_id=sample.id, updated_at=by.now)
    return sample


async def count_undrawn(year: int) -> int:
    """Return how many checked deeds of a year wait for a draw."""
    return await _undrawn(year).count()


def replays(sample: DeedSample) -> bool:
    """Return whether a draw, repeated from what was stored of it, comes to the same."""
    definition = sample.definition
    population = [
        Candidate(str(number), str(city), int(amount)) for number, city, amount in sample.population
    ]
    return sample.seed == seed_of(sample.number, sample.chain_head, sample.salt) and sample.picked == pick(
        population,
        sample.seed,
        all_from=definition.sample_all_from,
        share=definition.sample_share,
        least=definition.sample_least,
    )


async def cities_of_sample(sample: DeedSample) -> list[CityOfSample]:
    """Return where each city stands of which a draw was made."""
    deeds = await Deed.filter(sample_id=sample.id)
    rulings = await RestRuling.filter(Q(verdict=None) | Q(verdict=Verdict.CONFIRMED), sample_id=sample.id)
    standing = {ruling.city: ruling for ruling in rulings}
    return [
        _city(city, [deed for deed in deeds if deed.city == city], standing.get(city), sample)
        for city in sorted({deed.city for deed in deeds})
    ]


def _city(city: str, deeds: Sequence[Deed], ruling: RestRuling | None, sample: DeedSample) -> CityOfSample:
    drawn = [deed for deed in deeds if deed.is_sampled]
    waiting = sum(deed.status is DeedStatus.CHECKED for deed in drawn)
    errors = sum(deed.status in ERRORS for deed in drawn)
    rest = sum(deed.status is DeedStatus.CHECKED for deed in deeds if not deed.is_sampled)
    may_pass = may_pass_rest(
        sampled=len(drawn), waiting=waiting, errors=errors, most_errors=sample.definition.most_errors
    )
    return CityOfSample(city, len(drawn), waiting, errors, rest, ruling, may_pass and rest > 0)


@atomic()
async def propose_rest(sample_id: UUID, city: str, *, by: By) -> RestRuling:
    """Propose that the deeds of a city which were not drawn pass, for the operator.

    Raises:
        NotFound: there is no such draw or city.
        Conflict: one drawn is not decided yet, too many were wrong, or it is proposed already.
    """
    by.actor.require(TargetAct.MANAGE_TARGETS)
    sample = await _lock(sample_id)
    stand = next((row for row in await cities_of_sample(sample) if row.city == city), None)
    if stand is None:
        raise NotFound(_("没有这次抽样。"))
    if stand.ruling is not None or not stand.may_pass:
        raise Conflict(_("抽中的还没有核验完，或差错超过口径的限度，未抽中的须逐项核验。"))
    ruling = await RestRuling.create(
        id=uuid4(),
        sample_id=sample.id,
        city=city,
        sampled=stand.drawn,
        errors=stand.errors,
        accepted=stand.rest,
        proposed_by_id=by.actor.user_id,
        proposed_at=by.now,
    )
    await record(KIND, sample.id, SampleVerb.PROPOSE_REST, by=by, city=city, deeds=stand.rest)
    await notify_staff(
        StaffRole.APPROVER,
        _("%(city)s未抽中的 %(n)s 项等您认定。", city=stand.name, n=stand.rest),
        now=by.now,
        address=f"/backoffice/deed-samples/{sample.number}",
    )
    return ruling


@atomic()
async def decide_rest(ruling_id: UUID, verdict: Verdict, *, reason: str = "", by: By) -> RestRuling:
    """Let the deeds of a city pass that were not drawn, or reject that, for the approver.

    Raises:
        SamePerson: the person proposed it.
        AlreadyDecided: somebody decided before.
        Conflict: meanwhile too many of the drawn ones turned out wrong.
    """
    by.actor.require(TargetAct.DECIDE_TARGETS)
    existing = await RestRuling.get_or_none(id=ruling_id)
    if existing is None:
        raise NotFound(_("没有这次抽样。"))
    sample = await _lock(existing.sample_id)
    ruling = await RestRuling.filter(id=ruling_id).select_for_update().get()
    await decide(ruling, verdict, by=by, reason=reason)
    numbers: list[str] = []
    if verdict is Verdict.CONFIRMED:
        stand = next(row for row in await cities_of_sample(sample) if row.city == ruling.city)
        if not stand.may_pass:
            raise Conflict(_("抽中的还没有核验完，或差错超过口径的限度，未抽中的须逐项核验。"))
        deeds = await _rest(sample.id, ruling.city)
        changes = {"verified_on": local_date(by.now), "updated_at": by.now}
        await transition_all([(deed, DeedAction.VERIFY, changes) for deed in deeds], by=by)
        await set_follow_up_moments(deeds)
        numbers = [deed.number for deed in deeds]
    await record(
        KIND, sample.id, SampleVerb.DECIDE_REST, by=by, city=ruling.city, verdict=verdict.value, deeds=numbers
    )
    return ruling


async def _rest(sample_id: UUID, city: str) -> list[Deed]:
    """Return, locked, the checked deeds of a city that were not drawn and of which no result is proposed."""
    proposed = await DeedVerdict.filter(deed__sample_id=sample_id, verdict=None).values_list(
        "deed_id", flat=True
    )
    deeds = Deed.filter(sample_id=sample_id, city=city, is_sampled=False, status=DeedStatus.CHECKED)
    return await deeds.exclude(id__in=list(proposed)).order_by("number").select_for_update()


def _undrawn(year: int) -> QuerySet[Deed]:
    return Deed.filter(year=year, status=DeedStatus.CHECKED, sample_id=None)


async def _lock(sample_id: UUID) -> DeedSample:
    if not await Deed.filter(sample_id=sample_id).exists():
        raise NotFound(_("没有这次抽样。"))
    return await DeedSample.get(id=sample_id).select_related("definition")
