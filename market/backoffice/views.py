from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from market.backoffice import listing_views, objection_views, sanction_views, search_views
from market.kit.errors import NotFound


async def stub(request: Request) -> Response:
    raise NotFound("not built yet")


routes = [
    Route("/audit-log", stub, name="backoffice:audit", methods=["GET", "POST"]),
    Route("/audit-log/export", stub, name="backoffice:audit_export", methods=["GET", "POST"]),
    Route(
        "/audit-log/{kind}/{subject_id:uuid}", stub, name="backoffice:audit_record", methods=["GET", "POST"]
    ),
    Route("/backoffice/brokers/{profile_id:uuid}", stub, name="backoffice:broker", methods=["GET", "POST"]),
    Route("/backoffice/clock", stub, name="backoffice:clock", methods=["GET", "POST"]),
    Route("/backoffice/jobs", stub, name="backoffice:jobs", methods=["GET", "POST"]),
    Route("/backoffice/jobs/{job_id:int}/retry", stub, name="backoffice:retry_job", methods=["GET", "POST"]),
    *listing_views.routes,
    *objection_views.routes,
    Route("/backoffice/organisations", stub, name="backoffice:organisations", methods=["GET", "POST"]),
    Route(
        "/backoffice/organisations/{organisation_id:uuid}",
        stub,
        name="backoffice:organisation",
        methods=["GET", "POST"],
    ),
    *sanction_views.routes,
    *search_views.routes,
    Route("/mails", stub, name="backoffice:mails", methods=["GET", "POST"]),
    Route("/mails/{mail_id:int}", stub, name="backoffice:mail", methods=["GET", "POST"]),
]
