"""Who acts, and when: handed to every function that changes a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from datetime import datetime

    from market.accounts.actors import Actor

JOB = "job"
"""The role under which the audit log names the system itself."""


@dataclass(frozen=True)
class By:
    """The person of one act and its business time, in UTC."""

    person: Actor | None
    """None: a job acts by itself, see `By.job`."""
    now: datetime

    @classmethod
    def job(cls, now: datetime) -> By:
        """Return the system acting by itself, such as when a deadline passes."""
        return cls(None, now)

    @property
    def actor(self) -> Actor:
        """The person, for acts that only a person does.

        Raises:
            RuntimeError: a job called such an act.
        """
        if self.person is None:
            raise RuntimeError("this act is a person's, but a job called it")
        return self.person

    @property
    def user_id(self) -> UUID | None:
        """The person's id for a nullable column; None when a job acts."""
        return self.person.user_id if self.person else None

    @property
    def role(self) -> str:
        """The role that the audit log shows."""
        return self.person.role if self.person else JOB
