"""The same two pages in Django, a yardstick for ours: same HTML, same database, same tables.

Each page is written as one would write it there: the ORM with `select_related` and `only`, templates behind
the cached loader, sessions and people as Django brings them. What is not the pages' own work is handed over
as JSON (`handed.py`): menus, the numbers beside the filters, which outcomes are similar.
Django stands in the requirements of the bench alone; the market never imports this.
"""
