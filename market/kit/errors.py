"""Expected refusals. Each is shown to the person as a page with its status."""


class MarketError(Exception):
    """Something a person asked for that cannot be done; the message is shown to them."""

    status = 400


class NotFound(MarketError):
    """There is no such record, or none that this person may know of."""

    status = 404


class Forbidden(MarketError):
    """The record is known to the person, but the act is not theirs."""

    status = 403


class Conflict(MarketError):
    """The record has moved on since the person looked at it."""

    status = 409


class Invalid(MarketError):
    """What was entered breaks a rule that no form could check. `field` names the input, if one."""

    status = 422

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class TooMany(MarketError):
    """Too many tries in a short time."""

    status = 429


class Unavailable(Exception):
    """A server that we depend on does not answer: a page says so, a job tries again."""


class SearchUnavailable(Unavailable):
    """The search engine does not answer."""


class GatewayUnavailable(Unavailable):
    """The payment gateway does not answer, or answered with a fault of its own."""


class SamePerson(Forbidden):
    """Who prepared a record does not also confirm it: a second person is needed."""
