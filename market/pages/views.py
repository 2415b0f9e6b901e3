"""The pages that join several rooms."""

from market.pages import (
    compare,
    dashboard_views,
    deal_views,
    home_views,
    list_views,
    need_views,
    outcome_views,
    people_views,
    quality_views,
    site_views,
)

routes = [
    *home_views.routes,
    *list_views.routes,
    *compare.routes,
    *quality_views.routes,
    *outcome_views.routes,
    *need_views.routes,
    *people_views.routes,
    *deal_views.routes,
    *dashboard_views.routes,
    *site_views.routes,
]
