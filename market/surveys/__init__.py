"""Surveys of needs (需求征集): calls, entries, recommendation, sorting, publication in one act."""
