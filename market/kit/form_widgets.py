"""Controls of forms, drawn as WTForms draws them, without what costs most of it there.

WTForms formats each attribute by a formatter that escapes, and asks a field for the names of all its flags: a
third of the time in which a form of sixty controls is drawn.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape
from wtforms import widgets


def _name_of(key: str) -> str:
    """Return the name of an attribute as keywords write it: `class_`, `aria_label`."""
    name = key.rstrip("_")
    return name.replace("_", "-") if name.startswith(("data_", "aria_")) else name


def attributes_of(**attributes: Any) -> str:
    """Return the attributes of an element, escaped; of one that is True its name alone, of False nothing."""
    parts = []
    for name, value in sorted(attributes.items()):
        if value is True:
            parts.append(_name_of(name))
        elif value is not False:
            quoted = str(escape(value)).replace('"', "&quot;")
            parts.append(f'{_name_of(name)}="{quoted}"')
    return " ".join(parts)


def _with_flags(field: Any, names: list[str], attributes: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes with the id of the field and those of its flags that browsers check."""
    flags = {name: getattr(field.flags, name) for name in names if name in field.flags}
    return {"id": field.id, **flags, **attributes}


class _Input(widgets.Input):
    """An `<input>`."""

    def __call__(self, field: Any, **attributes: Any) -> Markup:
        whole = {"type": self.input_type, **_with_flags(field, self.validation_attrs, attributes)}
        if "value" not in whole:
            whole["value"] = field._value()
        return Markup(f"<input {attributes_of(name=field.name, **whole)}>")  # noqa: S704  # escaped


class TextInput(_Input, widgets.TextInput):
    """One line."""


class NumberInput(_Input, widgets.NumberInput):
    """A whole number."""


class HiddenInput(_Input, widgets.HiddenInput):
    """What pages fill in themselves."""


class CheckboxInput(_Input, widgets.CheckboxInput):
    """A check box."""

    def __call__(self, field: Any, **attributes: Any) -> Markup:
        if getattr(field, "checked", field.data):
            attributes.setdefault("checked", True)
        return super().__call__(field, **attributes)


class TextArea(widgets.TextArea):
    """Several lines."""

    def __call__(self, field: Any, **attributes: Any) -> Markup:
        whole = attributes_of(name=field.name, **_with_flags(field, self.validation_attrs, attributes))
        return Markup(f"<textarea {whole}>\r\n{escape(field._value())}</textarea>")  # noqa: S704  # escaped
