"""Workflow tables: which action leads from which status to which. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from market.kit.errors import Conflict
from market.kit.i18n import Lazy, lazy

REFUSAL = lazy("这条记录的状态已经变化，请刷新后再看。")
S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)


class ActionNotAllowed(Conflict):
    """The record's present status does not permit the action; most likely somebody else was faster."""


@dataclass(frozen=True)
class Workflow(Generic[S, A]):
    """A transition table. Statuses and actions are enums of the room that owns the record."""

    transitions: Mapping[tuple[S, A], S]
    refusal: Lazy = REFUSAL
    """What a person reads whose action the present status no longer permits."""

    def next(self, status: S, action: A) -> S:
        """Return the status that `action` leads to.

        Raises:
            ActionNotAllowed: it leads nowhere from here.
        """
        try:
            return self.transitions[status, action]
        except KeyError:
            raise ActionNotAllowed(str(self.refusal)) from None

    def allows(self, status: S, action: A) -> bool:
        """Return whether `action` may be taken in this status."""
        return (status, action) in self.transitions

    def actions(self, status: S) -> list[A]:
        """Return what may be done in this status, in the order of the table."""
        return [action for source, action in self.transitions if source is status]

    def sources(self, action: A) -> list[S]:
        """Return the statuses in which `action` may be taken, in the order of the table."""
        return [source for source, permitted in self.transitions if permitted is action]
