"""Expected errors. Each is shown to the person as a page with its HTTP status."""


class MarketError(Exception):
    """A request that cannot be carried out; the message is shown to the person."""

    status = 400


class NotFound(MarketError):
    """There is no such record, or the person may not know of it."""

    status = 404


class Forbidden(MarketError):
    """The person may see the record, but not carry out the act."""

    status = 403


class Conflict(MarketError):
    """The record has changed since the person saw it."""

    status = 409


class Invalid(MarketError):
    """The input breaks a rule that the form could not check. `field` names the input, if one."""

    status = 422

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class TooMany(MarketError):
    """The rate limit is exceeded. `retry_after` says in how many seconds it is not any more."""

    status = 429

    def __init__(self, message: str, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(Exception):
    """A service we depend on does not answer: a page says so, a job is retried."""


class DatabaseAway(Unavailable):
    """The database does not answer."""


class Overloaded(Unavailable):
    """More is asked at once than can be answered."""


class SearchUnavailable(Unavailable):
    """The search engine does not answer."""

    is_damaged = False


class IndexDamaged(SearchUnavailable):
    """The index is not readable any more, or vanished while it was in use."""

    is_damaged = True


class GatewayUnavailable(Unavailable):
    """The payment gateway does not answer, or answered with an internal error."""
