"""Prometheus metrics: requests and durations by route, jobs by outcome."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

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
