from market.kit.guest_pages import forget_pages
from market.kit.recent import RecentFigures


class Rows:
    """Counts how often it is counted."""

    def __init__(self) -> None:
        self.number, self.passes = 7, 0

    async def count(self) -> int:
        self.passes += 1
        return self.number


async def test_a_figure_is_counted_once_and_again_when_something_changed_here() -> None:
    figures, rows = RecentFigures(), Rows()
    first, second = await figures.get("rows", rows.count), await figures.get("rows", rows.count)
    rows.number = 8
    forget_pages()

    assert (first, second, await figures.get("rows", rows.count)) == (7, 7, 8)
    assert rows.passes == 2


async def test_what_others_changed_is_counted_after_a_while() -> None:
    figures, rows = RecentFigures(seconds=0), Rows()
    await figures.get("rows", rows.count)
    rows.number = 8

    assert await figures.get("rows", rows.count) == 8
