"""Firms of a survey's entries: on the market, or known by name and code only and held by their unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from tortoise.expressions import Q

from market.accounts import messages
from market.accounts.models import Organisation, OrganisationStatus
from market.accounts.permissions import BUYERS
from market.audit.log import record
from market.codes.canonical import canonical_key
from market.kit.i18n import gettext as _
from market.records.by import By
from market.surveys.management import WRITERS
from market.surveys.models import Survey, SurveyEntry
from market.surveys.states import EntryStatus, EntryVerb


@dataclass(frozen=True)
class Firm:
    """Whose need an entry is: an organisation of the market, or a name with a code, where one is told."""

    name: str
    code: str = ""
    organisation: Organisation | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """What tells the firm from others, the surest first."""
        if self.organisation is not None:
            return (str(self.organisation.id),)
        return tuple(key for key in (self.code, canonical_key(self.name)) if key)

    @property
    def may_enter(self) -> bool:
        """Return whether it is of a kind that posts needs; of an unknown firm nobody knows otherwise."""
        return self.organisation is None or self.organisation.kind in BUYERS


@dataclass
class FirmEntries:
    """The entries of a survey by the firm whose they are, without those that were withdrawn."""

    _by_key: dict[str, dict[str, SurveyEntry]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, entry: SurveyEntry) -> None:
        firm = Firm(entry.firm_name, entry.firm_code)
        for key in firm.keys if entry.firm_name else (str(entry.organisation_id),):
            self._by_key[key][entry.number] = entry

    def of(self, firm: Firm) -> list[SurveyEntry]:
        """Return a firm's entries in the order of their numbers."""
        entries = {number: entry for key in firm.keys for number, entry in self._by_key[key].items()}
        return [entries[number] for number in sorted(entries)]


async def entries_by_firm(survey_id: UUID) -> FirmEntries:
    """Return the entries of a survey by firm."""
    firms = FirmEntries()
    entries = SurveyEntry.filter(survey_id=survey_id).exclude(status=EntryStatus.WITHDRAWN)
    for entry in await entries.order_by("running"):
        firms.add(entry)
    return firms


@dataclass
class KnownFirms:
    """The verified organisations that a list names, by code and by the canonical form of their name."""

    by_code: dict[str, Organisation] = field(default_factory=dict)
    by_name: dict[str, Organisation] = field(default_factory=dict)


async def known_firms(names: Iterable[str], codes: Iterable[str]) -> KnownFirms:
    """Look up the verified organisations of these names and codes; brackets may be full or half width."""
    verified = Organisation.filter(status=OrganisationStatus.VERIFIED)
    spellings = {name.translate(width) for name in names for width in ({}, _FULL, _HALF)}
    firms = KnownFirms()
    for organisation in await verified.filter(name__in=list(spellings - {""})):
        firms.by_name[canonical_key(organisation.name)] = organisation
    for organisation in await verified.filter(uscc__in=list(set(codes) - {""})):
        firms.by_code[organisation.uscc or ""] = organisation
    return firms


_FULL, _HALF = str.maketrans("()", "（）"), str.maketrans("（）", "()")


async def claim_held_entries(kind: str, record_id: UUID) -> None:
    """Hand a firm that was verified the entries that units hold for it, as many as a survey allows it.

    Called in the transaction that verifies it. The firm is told, and so are the units.
    """
    if kind != "organisations":
        return
    firm = await Organisation.get_or_none(id=record_id)
    is_verified = firm is not None and firm.status is OrganisationStatus.VERIFIED
    if firm is None or not is_verified or firm.verified_at is None or firm.kind not in BUYERS:
        return
    held = SurveyEntry.exclude(firm_name="").exclude(status=EntryStatus.WITHDRAWN)
    rows = await held.filter(Q(firm_code="") | Q(firm_code=firm.uscc or "")).values_list(
        "id", "firm_name", "firm_code"
    )
    ids = [id_ for id_, name, code in rows if code or canonical_key(name) == canonical_key(firm.name)]
    entries = await SurveyEntry.filter(id__in=ids).order_by("number").select_for_update()
    surveys = {survey.id: survey for survey in await Survey.filter(id__in=[e.survey_id for e in entries])}
    titles: defaultdict[UUID, list[str]] = defaultdict(list)
    own = SurveyEntry.filter(organisation_id=firm.id, survey_id__in=list(surveys))
    for entry in await own.exclude(status=EntryStatus.WITHDRAWN):
        titles[entry.survey_id].append(entry.title_key)
    for entry in entries:
        survey, entered = surveys[entry.survey_id], titles[entry.survey_id]
        if entry.title_key not in entered and len(entered) < survey.per_unit_most:
            entered.append(entry.title_key)
            await _hand_over(survey, entry, firm, by=By.job(firm.verified_at))


async def _hand_over(survey: Survey, entry: SurveyEntry, firm: Organisation, *, by: By) -> None:
    unit_id = entry.organisation_id
    entry.organisation_id, entry.firm_name, entry.firm_code = firm.id, "", ""
    await entry.save(update_fields=["organisation_id", "firm_name", "firm_code"])
    await record("survey_entry", entry.id, EntryVerb.HANDED_OVER, by=by, organisation=firm.id)
    address = f"/surveys/{survey.number}/entries/{entry.running}"
    for organisation_id, text in (
        (firm.id, _("推荐单位为贵单位填报的《%(title)s》已转到贵单位名下。", title=entry.title[:60])),
        (unit_id, _("%(firm)s 已认证，《%(title)s》转到它名下。", firm=firm.name, title=entry.title[:60])),
    ):
        await messages.notify(
            text,
            now=by.now,
            address=address,
            organisation_id=organisation_id,
            roles=WRITERS,
            is_mailed=organisation_id == firm.id,
        )
