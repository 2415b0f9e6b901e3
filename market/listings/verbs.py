"""What the audit log says of this room's acts, beside the actions of its workflows."""

from __future__ import annotations

from market.kit.i18n import lazy
from market.kit.labels import LabelEnum


class ListingVerb(LabelEnum):
    CREATED = "created", lazy("新建")
    EDITED = "edited", lazy("修改")
    IMPORTED = "imported", lazy("导入")
    IMPORTED_AND_PUBLISHED = "imported and published", lazy("导入并发布")
    IMPORTED_AGAIN = "imported again", lazy("再次导入")


class OwnerVerb(LabelEnum):
    CREATED = "created", lazy("随导入建立")
