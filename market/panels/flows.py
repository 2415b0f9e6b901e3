"""Maximum flow in a small network: whether quotas can be met at all. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable


class Network:
    """Nodes joined by edges of whole capacities."""

    def __init__(self) -> None:
        self._left: dict[Hashable, dict[Hashable, int]] = {}

    def add(self, source: Hashable, target: Hashable, capacity: int) -> None:
        """Add capacity from one node to another; none below zero."""
        self._left.setdefault(source, {})[target] = self._left.get(source, {}).get(target, 0) + capacity
        self._left.setdefault(target, {}).setdefault(source, 0)

    def flow(self, source: Hashable, target: Hashable) -> int:
        """Return the largest flow from one node to another, along shortest paths (Edmonds-Karp)."""
        total = 0
        while True:
            came_from = self._search(source, target)
            if target not in came_from:
                return total
            path = [target]
            while path[-1] != source:
                path.append(came_from[path[-1]])
            edges = list(zip(path[1:], path, strict=False))
            amount = min(self._left[start][end] for start, end in edges)
            for start, end in edges:
                self._left[start][end] -= amount
                self._left[end][start] += amount
            total += amount

    def _search(self, source: Hashable, target: Hashable) -> dict[Hashable, Hashable]:
        came_from: dict[Hashable, Hashable] = {source: source}
        waiting = deque([source])
        while waiting and target not in came_from:
            node = waiting.popleft()
            for neighbour, left in self._left.get(node, {}).items():
                if left > 0 and neighbour not in came_from:
                    came_from[neighbour] = node
                    waiting.append(neighbour)
        return came_from
