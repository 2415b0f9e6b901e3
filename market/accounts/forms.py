"""Forms of people, organisations, memberships and brokers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from wtforms import HiddenField
from wtforms.validators import ValidationError
from wtforms.widgets import EmailInput, PasswordInput

from market.accounts.models import MemberRole, OrganisationKind
from market.accounts.passwords import MAX_LENGTH, check_new_password
from market.codes import industries, labels, lists, regions, uscc
from market.codes.canonical import canonical_key
from market.kit.errors import Invalid
from market.kit.form_fields import (
    BooleanField,
    ChoiceField,
    ChoicesField,
    DayField,
    LongTextField,
    Required,
    TextField,
)
from market.kit.form_widgets import HiddenInput
from market.kit.forms import BaseForm
from market.kit.i18n import gettext as _
from market.kit.i18n import lazy

EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
PHONE = re.compile(r"[0-9+() \-]{5,30}(转 ?[0-9]{1,6})?")


class EmailField(TextField):
    """A mail address in lower case."""

    widget = EmailInput()

    def __init__(self, label: Any = "", validators: Any = (), **options: Any) -> None:
        options.setdefault("render_kw", {"autocomplete": "email"})
        super().__init__(label, validators, max_length=254, **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        self.data = (self.data or "").lower()

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        if self.data and not validation_stopped and not EMAIL.fullmatch(self.data):
            raise ValidationError(_("请填写正确的邮箱地址，如 name@example.com。"))


class SecretField(TextField):
    """A password: not rendered back, not stripped."""

    widget = PasswordInput()

    def __init__(
        self, label: Any = "", validators: Any = (), *, is_new: bool = False, **options: Any
    ) -> None:
        options["render_kw"] = {"autocomplete": "new-password" if is_new else "current-password"}
        super().__init__(label, validators, max_length=MAX_LENGTH, **options)
        self.is_new = is_new

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = str(valuelist[0]) if valuelist else ""

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        """Name what is wrong with a new password together with all other faults of the form."""
        if not self.is_new or not self.data or self.errors or validation_stopped:
            return
        email = form.email.data if "email" in form else ""
        try:
            check_new_password(self.data, email=email or "")
        except Invalid as error:
            raise ValidationError(str(error)) from error


class ProofForm(BaseForm):
    """The answer to the question for a proof: a code, a passkey's signature, or the password."""

    proof_code = TextField(
        lazy("验证码或恢复码"),
        max_length=40,
        render_kw={"autocomplete": "one-time-code", "inputmode": "text", "autocapitalize": "off"},
    )
    proof_password = SecretField(lazy("密码"))
    proof_passkey = TextField(max_length=20_000, widget=HiddenInput())


class CodeForm(BaseForm):
    """The first code of an authenticator app."""

    code = TextField(
        lazy("应用里显示的六位验证码"),
        [Required(lazy("请填写六位验证码。"))],
        max_length=10,
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"},
    )


class PasskeyForm(BaseForm):
    """A passkey that the browser has made, and what the person calls it."""

    name = TextField(lazy("给它起个名字"), max_length=60)
    answer = TextField(max_length=20_000, widget=HiddenInput())


class UsccField(TextField):
    """A unified social credit code with the right check digit (GB 32100-2015)."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        self.data = canonical_key(self.data or "")

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        if self.data and not validation_stopped and not uscc.is_valid(self.data):
            raise ValidationError(
                _("统一社会信用代码有误：应为 18 位，且末位校验码相符（GB 32100）。请对照证照核对。")
            )


class LoginForm(BaseForm):
    email = EmailField(lazy("邮箱"), [Required(lazy("请填写邮箱。"))], render_kw={"autocomplete": "username"})
    password = SecretField(lazy("密码"), [Required(lazy("请填写密码。"))])


def _kinds() -> list[tuple[str, str]]:
    closed = {OrganisationKind.AUTHORITY, OrganisationKind.SOURCE}
    return [(value, name) for value, name in labels.choices("organisation_kind") if value not in closed]


def _natures() -> list[tuple[str, str]]:
    return [(value, f"{value} {name}") for value, name in labels.choices("nature")]


def _regions() -> dict[str, Sequence[tuple[str, Any]]]:
    return {**regions.choices(("city", "county"))}


def _industries() -> dict[str, Sequence[tuple[str, Any]]]:
    return {**industries.choices()}


class IdentityForm(BaseForm):
    """What a licence says of an organisation, settled once it is verified."""

    name = TextField(
        lazy("单位全称"),
        [Required(lazy("请填写单位全称。"))],
        max_length=120,
        render_kw={"autocomplete": "organization"},
    )
    uscc = UsccField(
        lazy("统一社会信用代码"),
        [Required(lazy("请填写统一社会信用代码。"))],
        max_length=40,
        render_kw={"data-fills": ""},
    )
    kind = ChoiceField(
        lazy("单位类型"), [Required(lazy("请选择单位类型。"))], choices=_kinds, blank=lazy("请选择")
    )
    nature_code = ChoiceField(
        lazy("机构性质"), [Required(lazy("请选择机构性质。"))], choices=_natures, blank=lazy("请选择")
    )
    region = ChoiceField(
        lazy("注册地"),
        [Required(lazy("请选择注册地。"))],
        choices=_regions,
        also=regions.known_name,
        blank=lazy("请选择"),
    )
    industry = ChoiceField(
        lazy("所属行业"), [Required(lazy("请选择所属行业。"))], choices=_industries, blank=lazy("请选择")
    )
    established_on = DayField(lazy("成立日期"), [Required(lazy("请填写成立日期。"))])
    is_state_owned = BooleanField(lazy("国有（国家设立的高校、院所，或国有企业）"))
    is_high_tech = BooleanField(lazy("高新技术企业（证书在有效期内）"))
    is_manufacturer = BooleanField(lazy("生产制造类企业"))
    is_sme = BooleanField(lazy("中小微企业"))

    def validate(self, *args: Any, **options: Any) -> bool:
        """Validate; a blank region and kind are first filled from the code, which tells both."""
        code = self.uscc.data or ""
        if uscc.is_valid(code):
            self._fill("region", _region_of(code))
            self._fill("kind", _kind_of(code, self.name.data or ""))
        return super().validate(*args, **options)

    def _fill(self, name: str, value: str) -> None:
        field: Any = self._fields[name]
        if value and not field.data:
            field.data, field.raw_data = value, [value]

    def validate_name(self, field: TextField) -> None:
        if field.data and len(field.data) < 4:
            raise ValidationError(_("请填写单位全称，与营业执照或法人证书一致。"))


class ContactForm(BaseForm):
    """What an organisation may edit at any time."""

    contact_name = TextField(lazy("联系人"), [Required(lazy("请填写联系人。"))], max_length=60)
    contact_phone = TextField(lazy("联系电话"), [Required(lazy("请填写联系电话。"))], max_length=40)
    contact_email = EmailField(lazy("联系邮箱"))
    introduction = LongTextField(lazy("单位简介"), max_length=2000)

    def validate_contact_phone(self, field: TextField) -> None:
        if field.data and not PHONE.fullmatch(field.data):
            raise ValidationError(_("请填写正确的电话，如 0771-5550000。"))


class OrganisationForm(IdentityForm, ContactForm):
    pass


def _region_of(code: str) -> str:
    """Return the place of registration as the form offers it: the county, or the city it belongs to."""
    place = regions.current(uscc.region_of(code))
    offered = {value for group in _regions().values() for value, _name in group}
    return next((each for each in (place, f"{place[:4]}00") if each in offered), "")


def _kind_of(code: str, name: str) -> str:
    """Return the kind of organisation that a code and a name tell; empty where they do not."""
    public = OrganisationKind.UNIVERSITY if re.search("大学|学院", name) else OrganisationKind.INSTITUTE
    kinds = {"91": OrganisationKind.ENTERPRISE, "93": OrganisationKind.FARMERS_COOP, "12": public}
    kind = kinds.get(uscc.body_of(code))
    return kind.value if kind else ""


def _member_roles() -> list[tuple[str, str]]:
    return [(value, name) for value, name in labels.choices("member_role") if value in set(MemberRole)]


class JoinForm(BaseForm):
    uscc = UsccField(
        lazy("单位的统一社会信用代码"), [Required(lazy("请填写统一社会信用代码。"))], max_length=40
    )
    role = ChoiceField(
        lazy("您的身份"), [Required(lazy("请选择身份。"))], choices=_member_roles, blank=lazy("请选择")
    )


class BrokerForm(BaseForm):
    certificate_level = ChoiceField(
        lazy("证书等级"),
        [Required(lazy("请选择证书等级。"))],
        choices=lambda: labels.choices("certificate_level"),
        blank=lazy("请选择"),
    )
    certificate_number = TextField(lazy("证书编号"), [Required(lazy("请填写证书编号。"))], max_length=60)
    certificate_issuer = TextField(lazy("发证单位"), [Required(lazy("请填写发证单位。"))], max_length=120)
    fields_of_work = ChoicesField(
        lazy("擅长领域"),
        [Required(lazy("请至少选择一个领域。"))],
        choices=lambda: [(key, str(name)) for key, name in lists.FIELDS.items()],
    )
    introduction = LongTextField(lazy("个人介绍"), max_length=2000)


class PersonForm(BaseForm):
    person_name = TextField(
        lazy("您的姓名"), [Required(lazy("请填写姓名。"))], max_length=60, render_kw={"autocomplete": "name"}
    )
    email = EmailField(lazy("邮箱"), [Required(lazy("请填写邮箱。"))])
    password = SecretField(lazy("密码"), [Required(lazy("请设置密码。"))], is_new=True)
    agreed = BooleanField(
        lazy("我同意平台为提供服务处理以上个人信息；我可以随时导出，也可以注销账号"),
        [Required(lazy("请先阅读并勾选同意。"))],
    )


class RegisterOrganisationForm(OrganisationForm, PersonForm):
    pass


class RegisterMemberForm(JoinForm, PersonForm):
    pass


class RegisterBrokerForm(BrokerForm, PersonForm):
    pass


class ForgotForm(BaseForm):
    email = EmailField(lazy("注册时用的邮箱"), [Required(lazy("请填写邮箱。"))])


class ResetForm(BaseForm):
    password = SecretField(lazy("新密码"), [Required(lazy("请设置新密码。"))], is_new=True)


class PasswordForm(BaseForm):
    current = SecretField(lazy("现在的密码"), [Required(lazy("请填写现在的密码。"))])
    password = SecretField(lazy("新密码"), [Required(lazy("请设置新密码。"))], is_new=True)


class ProfileForm(BaseForm):
    name = TextField(lazy("姓名"), [Required(lazy("请填写姓名。"))], max_length=60)


class EraseForm(BaseForm):
    password = SecretField(lazy("登录密码"), [Required(lazy("请填写密码，确认是您本人。"))])
    is_sure = BooleanField(lazy("我明白注销后不能恢复"), [Required(lazy("请勾选确认。"))])


class InviteForm(BaseForm):
    email = EmailField(
        lazy("同事的邮箱"), [Required(lazy("请填写邮箱。"))], render_kw={"autocomplete": "off"}
    )
    role = ChoiceField(
        lazy("身份"), [Required(lazy("请选择身份。"))], choices=_member_roles, blank=lazy("请选择")
    )


class InvitedForm(BaseForm):
    """What an invited person fills in who has no account; the address is that of the invitation."""

    person_name = TextField(
        lazy("您的姓名"), [Required(lazy("请填写姓名。"))], max_length=60, render_kw={"autocomplete": "name"}
    )
    password = SecretField(lazy("密码"), [Required(lazy("请设置密码。"))], is_new=True)
    agreed = BooleanField(
        lazy("我同意平台为提供服务处理以上个人信息；我可以随时导出，也可以注销账号"),
        [Required(lazy("请先阅读并勾选同意。"))],
    )


class MemberForm(BaseForm):
    """One button of the page of members: the membership, the act, the role."""

    member = HiddenField()
    act = HiddenField()
    role = ChoiceField(lazy("身份"), choices=_member_roles)
