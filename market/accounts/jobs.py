"""Jobs of accounts: sending queued mails, sweeping expired sessions, tokens and registrations."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from market.accounts.devices import sweep_devices
from market.accounts.held_forms import sweep_held_forms
from market.accounts.held_requests import sweep_held_requests
from market.accounts.invitations import forget_invitations
from market.accounts.mail_tokens import sweep_tokens
from market.accounts.models import Membership, Organisation, OrganisationStatus, User, UserVerb
from market.accounts.root_mails import mail_root_of_day
from market.accounts.security_events import record_failure
from market.accounts.sessions import sweep_sessions
from market.accounts.shown_names import show_names
from market.accounts.submissions import sweep_submissions
from market.audit.log import record
from market.audit.models import HourlyRoot
from market.audit.persons import pseudonyms_of
from market.deps import Deps
from market.kit import rate_limits
from market.kit.database import atomic
from market.kit.jobs import job
from market.kit.mail import with_site_links
from market.kit.models import OutgoingMail
from market.records.by import By

UNCONFIRMED = timedelta(days=30)
"""How long a registration without a confirmed address is kept."""


@job("mail.send", attempts=10)
async def send_mail(deps: Deps, mail_id: int) -> None:
    """Send one mail; retried while the mail server does not answer.

    At least once: a crash between sending and recording it sends it again.
    """
    mail = await OutgoingMail.get_or_none(id=mail_id)
    if mail is None or mail.sent_at is not None:
        return
    await show_names([mail])
    mail.text = with_site_links(mail.text, deps.settings.base_url)
    if mail.unsubscribe:
        mail.unsubscribe = deps.settings.base_url + mail.unsubscribe
    await deps.mailer.send(mail)
    # Only the demo shows sent mails; elsewhere their text, with links and names, is cleared.
    cleared = {} if deps.settings.is_demo else {"text": ""}
    await OutgoingMail.filter(id=mail_id).update(sent_at=deps.clock(), **cleared)


@job("accounts.note_failure")
async def note_failure(deps: Deps, user_id: str | None, is_locked_out: bool) -> None:
    """Record a wrong password or code; of nobody, nothing. A job, so that no answer takes longer."""
    if user_id is not None:
        await record_failure(UUID(user_id), is_locked_out=is_locked_out, now=deps.clock())


@job("audit.mail_root")
async def mail_root(deps: Deps, until: str) -> None:
    """Mail the first signed root of a day to the auditors, a copy outside the operator's reach."""
    root = await HourlyRoot.get_or_none(until=datetime.fromisoformat(until))
    if root is not None:
        await mail_root_of_day(root, now=deps.clock())


@job("accounts.sweep", cron="25 * * * *")
async def sweep(deps: Deps) -> None:
    """Delete expired sessions, links and attempt counters, and registrations never confirmed."""
    await sweep_sessions()
    await sweep_tokens()
    await sweep_held_forms()
    await sweep_submissions()
    await sweep_held_requests()
    await sweep_devices()
    await forget_invitations()
    await rate_limits.delete_expired()
    for user in await User.filter(
        email_confirmed_at=None, is_active=True, created_at__lt=deps.clock() - UNCONFIRMED
    ).limit(200):
        await delete_unconfirmed(user, now=deps.clock())


@atomic()
async def delete_unconfirmed(user: User, *, now: datetime) -> None:
    """Delete a registration that was never confirmed, with the organisation it alone registered."""
    memberships = await Membership.filter(user_id=user.id)
    await Membership.filter(user_id=user.id).delete()
    for membership in memberships:
        if not await Membership.exists(organisation_id=membership.organisation_id):
            await Organisation.filter(
                id=membership.organisation_id,
                status__in=[OrganisationStatus.PENDING, OrganisationStatus.RETURNED],
            ).delete()
    await user.fetch_related("broker_profile")
    if user.broker_profile:
        await user.broker_profile.delete()
    pseudonyms = await pseudonyms_of(user.id)
    await record("user", user.id, UserVerb.ERASE, by=By.job(now), pseudonyms=pseudonyms)
    await user.delete()
