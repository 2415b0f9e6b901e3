from market.kit.forms import BaseForm, BooleanField, Required
from market.kit.i18n import lazy


class UndertakingForm(BaseForm):
    agreed = BooleanField(lazy("我已阅读并作出上述承诺"), [Required(lazy("请先勾选承诺。"))])
