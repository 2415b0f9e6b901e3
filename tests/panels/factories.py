"""Scores that experts give."""

from __future__ import annotations

SCORES = {"novelty": 90, "maturity": 70, "benefit": 77}
