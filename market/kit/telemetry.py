"""What the process tells of itself: lines of JSON without personal data, and Prometheus metrics."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

FIELDS = ("request", "method", "route", "status", "ms", "job", "error", "index")


class JsonFormatter(logging.Formatter):
    """Formats a record as one line: time, level, logger, message, and the known extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": record.getMessage(),
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up_logs(*, level: int = logging.INFO) -> None:
    """Configure logging to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("market").setLevel(level)


registry = CollectorRegistry()
requests = Counter("market_requests", "Requests answered.", ["method", "route", "status"], registry=registry)
seconds = Histogram(
    "market_request_seconds",
    "How long answers took.",
    ["method", "route"],
    registry=registry,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
jobs = Counter("market_jobs", "Jobs run.", ["job", "outcome"], registry=registry)


def observe(method: str, route: str, status: int, duration: float) -> None:
    """Count one response. `route` is the route's pattern, without ids."""
    requests.labels(method, route, str(status)).inc()
    seconds.labels(method, route).observe(duration)


def exposition() -> bytes:
    """Return all metrics in Prometheus' text format."""
    return generate_latest(registry)
