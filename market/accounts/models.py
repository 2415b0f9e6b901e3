"""Tables of people, organisations, memberships and sessions, with their states and audit verbs."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.queryset import QuerySet

from market.kit.fields import enum_column
from market.kit.i18n import lazy
from market.kit.labels import LabelEnum
from market.kit.tables import Model
from market.kit.workflow import Workflow
from market.records.transitions import Stateful


class UserVerb(LabelEnum):
    REGISTER = "register", lazy("注册")
    CONFIRM_EMAIL = "confirm_email", lazy("确认邮箱")
    CHANGE_PASSWORD = "change_password", lazy("修改密码")
    RESET_PASSWORD = "reset_password", lazy("重设密码")
    RENAME = "rename", lazy("改姓名")
    APPLY_AS_BROKER = "apply_as_broker", lazy("登记经纪人证书")
    VERIFY_BROKER = "verify_broker", lazy("认证经纪人")
    RETURN_BROKER = "return_broker", lazy("退回经纪人资料")
    CREATE_OPERATOR = "create_operator", lazy("设立平台管理员")
    ERASE = "erase", lazy("注销账号")
    ADD_FACTOR = "add_factor", lazy("添加二次验证")
    REMOVE_FACTOR = "remove_factor", lazy("停用二次验证")
    RENEW_RECOVERY_CODES = "renew_recovery_codes", lazy("更换恢复码")
    RESET_FACTORS = "reset_factors", lazy("重置二次验证")
    SIGN_IN = "sign_in", lazy("登录")
    FAIL_SIGN_IN = "fail_sign_in", lazy("登录失败")
    LOCK_OUT = "lock_out", lazy("尝试过多，暂停登录")
    SIGN_OUT = "sign_out", lazy("退出")
    END_SESSIONS = "end_sessions", lazy("让其他设备退出")
    ACT_FOR = "act_for", lazy("改为代表单位")
    EXPORT = "export", lazy("导出数据")
    REFUSED = "refused", lazy("越权操作被拒")


class OrganisationVerb(LabelEnum):
    REGISTER = "register", lazy("登记")
    UPDATE = "update", lazy("修改信息")
    ASK_TO_JOIN = "ask_to_join", lazy("申请加入")
    APPROVE_MEMBER = "approve_member", lazy("同意加入")
    REFUSE_MEMBER = "refuse_member", lazy("不同意加入")
    CHANGE_ROLE = "change_role", lazy("改成员身份")
    END_MEMBERSHIP = "end_membership", lazy("移出成员")
    INVITE = "invite", lazy("邀请同事")
    REVOKE_INVITATION = "revoke_invitation", lazy("撤回邀请")
    ACCEPT_INVITATION = "accept_invitation", lazy("接受邀请")
    REQUIRE_FACTOR = "require_factor", lazy("要求成员开启二次验证")
    STOP_REQUIRING_FACTOR = "stop_requiring_factor", lazy("不再要求二次验证")
    MOVE = "move", lazy("登记迁址")


class OrganisationKind(StrEnum):
    UNIVERSITY = "university"
    INSTITUTE = "institute"
    ENTERPRISE = "enterprise"
    FARMERS_COOP = "farmers_coop"
    AGENCY = "agency"
    REGISTRY = "registry"
    AUTHORITY = "authority"
    SOURCE = "source"
    """An external data source, created by an import; nobody signs in for it."""


class OrganisationStatus(LabelEnum):
    PENDING = "pending", lazy("待认证"), "due"
    RETURNED = "returned", lazy("退回修改"), "wrong"
    VERIFIED = "verified", lazy("已认证"), "done"
    SUSPENDED = "suspended", lazy("已停用"), "wrong"


class OrganisationAction(LabelEnum):
    VERIFY = "verify", lazy("认证")
    RETURN = "return", lazy("退回修改")
    RESUBMIT = "resubmit", lazy("改后重新提交")


ORGANISATION_WORKFLOW: Workflow[OrganisationStatus, OrganisationAction] = Workflow(
    {
        (OrganisationStatus.PENDING, OrganisationAction.VERIFY): OrganisationStatus.VERIFIED,
        (OrganisationStatus.PENDING, OrganisationAction.RETURN): OrganisationStatus.RETURNED,
        (OrganisationStatus.RETURNED, OrganisationAction.RESUBMIT): OrganisationStatus.PENDING,
    }
)


class StaffRole(StrEnum):
    """The role of a member of the department's staff."""

    OPERATOR = "operator"
    OFFICER = "officer"
    """核算人"""
    RECHECKER = "rechecker"
    """复核人"""
    APPROVER = "approver"
    """批准人"""
    AUDITOR = "auditor"


class MemberRole(StrEnum):
    ADMIN = "admin"
    AGENT = "agent"
    """经办人: lists, makes offers, signs, claims, records receipts."""
    FINANCE = "finance"
    """财务: confirms what another member recorded."""


class MemberStatus(LabelEnum):
    PENDING = "pending", lazy("待同意加入"), "due"
    ACTIVE = "active", lazy("在任"), "done"
    ENDED = "ended", lazy("已离任")


class CertificateLevel(StrEnum):
    JUNIOR = "junior"
    MIDDLE = "middle"
    SENIOR = "senior"


class TokenPurpose(StrEnum):
    CONFIRM_EMAIL = "confirm_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 -- a purpose, no password


class Organisation(Stateful):
    """An organisation that takes part: a university, an enterprise, an agency, the authority."""

    record_kind = "organisation"
    workflow = ORGANISATION_WORKFLOW

    id = fields.UUIDField(primary_key=True)
    name = fields.CharField(max_length=120)
    uscc = fields.CharField(max_length=18, unique=True, null=True)
    """Unified social credit code, GB 32100-2015; null only for data sources and the authority."""
    kind = enum_column(OrganisationKind)
    status = enum_column(OrganisationStatus, OrganisationStatus.PENDING)
    region = fields.CharField(max_length=6)
    """GB/T 2260."""
    industry = fields.CharField(max_length=4, default="")
    """GB/T 4754-2017, letter and two digits."""
    nature_code = fields.CharField(max_length=3, default="")
    """机构性质代码 of the national registration form."""
    established_on = fields.DateField(null=True)
    is_state_owned = fields.BooleanField(default=False)
    is_manufacturer = fields.BooleanField(null=True)
    is_high_tech = fields.BooleanField(null=True)
    is_sme = fields.BooleanField(null=True)
    introduction = fields.TextField(default="")
    contact_name = fields.CharField(max_length=60, default="")
    contact_phone = fields.CharField(max_length=40, default="")
    contact_email = fields.CharField(max_length=254, default="")
    return_reason = fields.TextField(default="")
    requires_factor = fields.BooleanField(default=False, db_default=False)
    """Its members must have a second factor."""
    revision = fields.IntField(default=1)
    verified_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "organisations"
        table_description = "Organisations."
        indexes = (("status", "kind"),)

    @property
    def is_verified(self) -> bool:
        return self.status is OrganisationStatus.VERIFIED


class User(Model):
    """A person with a login."""

    id = fields.UUIDField(primary_key=True)
    email = fields.CharField(max_length=254, unique=True)
    """In lower case."""
    name = fields.CharField(max_length=60)
    password_hash = fields.CharField(max_length=200)
    staff_role = enum_column(StaffRole, null=True)
    email_confirmed_at = fields.DatetimeField(null=True)
    is_active = fields.BooleanField(default=True)
    erased_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    memberships: fields.ReverseRelation[Membership]
    broker_profile: fields.BackwardOneToOneRelation[BrokerProfile]

    class Meta:
        table = "users"
        table_description = "Users."


class Membership(Model):
    """One period in which a person acts for an organisation in one role, or the application for it.

    A period is ended, never reused: who comes back applies anew, and a change of role ends one row and
    begins another. Of one person and organisation at most one row is not ended.
    """

    id = fields.UUIDField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="memberships", on_delete=fields.RESTRICT
    )
    user_id: UUID
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="memberships", on_delete=fields.RESTRICT
    )
    organisation_id: UUID
    role = enum_column(MemberRole)
    applied_at = fields.DatetimeField()
    """When the person applied or founded the organisation; a change of role carries it over."""
    started_at = fields.DatetimeField(null=True)
    """Null: an application that waits, or was refused."""
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "memberships"
        table_description = "Memberships."
        indexes = (("user_id",), ("organisation_id",))

    @property
    def status(self) -> MemberStatus:
        if self.ended_at is not None:
            return MemberStatus.ENDED
        return MemberStatus.ACTIVE if self.started_at is not None else MemberStatus.PENDING

    @classmethod
    def active(cls, **conditions: Any) -> QuerySet[Membership]:
        """Return the memberships that run at present, narrowed down by `conditions`."""
        return cls.filter(started_at__isnull=False, ended_at__isnull=True, **conditions)


class BrokerProfile(Model):
    """A technology broker (技术经纪人) with a certificate."""

    id = fields.UUIDField(primary_key=True)
    user: fields.OneToOneRelation[User] = fields.OneToOneField(
        "market.User", related_name="broker_profile", on_delete=fields.RESTRICT
    )
    user_id: UUID
    certificate_level = enum_column(CertificateLevel)
    certificate_number = fields.CharField(max_length=60)
    certificate_issuer = fields.CharField(max_length=120, default="")
    fields_of_work: fields.JSONField[list[str]] = fields.JSONField()
    introduction = fields.TextField(default="")
    is_verified = fields.BooleanField(default=False)
    revision = fields.IntField(default=1)
    created_at = fields.DatetimeField()

    class Meta:
        table = "broker_profiles"
        table_description = "Broker profiles."


class Session(Model):
    """A signed-in browser. The cookie holds the token, the row only its hash; in real time."""

    token_hash = fields.CharField(max_length=64, primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="sessions", on_delete=fields.CASCADE
    )
    user_id: UUID
    acting_for: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="sessions", null=True, on_delete=fields.SET_NULL
    )
    acting_for_id: UUID | None
    device = fields.CharField(max_length=120, default="")
    created_at = fields.DatetimeField()
    seen_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    idle_minutes = fields.IntField(default=720, db_default=720)
    """How long it may be idle."""
    proved_at = fields.DatetimeField(null=True)
    """When the person last proved to be there, by factor or password; the sign-in is the first proof."""
    is_pending = fields.BooleanField(default=False, db_default=False)
    """The password was right and the second factor is awaited: nobody is signed in yet."""
    challenge = fields.CharField(max_length=100, default="", db_default="")
    """What a passkey is to sign next, base64url."""

    class Meta:
        table = "sessions"
        table_description = "Sessions."


class HeldForm(Model):
    """What was typed into a form that could not be taken; short-lived, in real time."""

    id = fields.UUIDField(primary_key=True)
    browser_hash = fields.CharField(max_length=64)
    user: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="held_forms", null=True, on_delete=fields.CASCADE
    )
    user_id: UUID | None
    address = fields.CharField(max_length=500)
    sealed = fields.BinaryField(null=True)
    """Names and values, and the names of chosen files, encrypted under a key that is not in the database."""
    pairs: Any = fields.JSONField()
    """As an earlier release held them, for hours; empty in rows of this one."""
    file_names: Any = fields.JSONField()
    held_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()

    class Meta:
        table = "held_forms"
        table_description = "Held forms."
        indexes = (("browser_hash",),)


class Submission(Model):
    """A form that is being or was carried out, and where it led to; short-lived, in real time."""

    key = fields.CharField(max_length=64, primary_key=True)
    started_at = fields.DatetimeField()
    location = fields.TextField(default="")

    class Meta:
        table = "submissions"
        table_description = "Submissions."


class MailToken(Model):
    """A single-use link sent by mail, which expires in real time; only its hash is stored."""

    token_hash = fields.CharField(max_length=64, primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="tokens", on_delete=fields.CASCADE
    )
    user_id: UUID
    purpose = enum_column(TokenPurpose)
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "mail_tokens"
        table_description = "Mail tokens."


class Invitation(Model):
    """An invitation of a colleague by mail; the link holds the token, the row only its hash."""

    id = fields.UUIDField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "market.Organisation", related_name="invitations", on_delete=fields.CASCADE
    )
    organisation_id: UUID
    email = fields.CharField(max_length=254, default="", db_default="")
    """In lower case; emptied when the invitation is used, revoked or over."""
    role = enum_column(MemberRole)
    token_hash = fields.CharField(max_length=64, unique=True)
    invited_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.SET_NULL
    )
    invited_by_id: UUID | None
    invited_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    accepted_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "market.User", related_name=False, null=True, on_delete=fields.SET_NULL
    )
    accepted_by_id: UUID | None
    accepted_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "invitations"
        table_description = "Invitations."
        indexes = (("organisation_id",),)


class Message(Model):
    """A message to one person inside the site (站内消息)."""

    id = fields.BigIntField(primary_key=True)
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "market.User", related_name="messages", on_delete=fields.CASCADE
    )
    user_id: UUID
    text = fields.CharField(max_length=300)
    people: fields.JSONField[list[str]] = fields.JSONField(null=True)
    """Ids of the people whose marks stand in the text."""
    address = fields.CharField(max_length=200, default="")
    """Path of the page it is about."""
    created_at = fields.DatetimeField()
    read_at = fields.DatetimeField(null=True)

    class Meta:
        table = "messages"
        table_description = "Messages."
        indexes = (("user_id", "read_at"),)
