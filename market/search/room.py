"""What the room of search contributes; assembled in `market/rooms.py`."""

from __future__ import annotations

from market.kit.room import Room
from market.search import jobs, models, outbox, people_documents
from market.search.outbox import DocumentSource

ROOM = Room(
    "search",
    models=(models,),
    jobs=(
        jobs.relay_index,
        jobs.sweep,
        jobs.reconcile_all,
        jobs.watch_indexes,
        jobs.rebuild_index,
        jobs.embed_listings,
        jobs.embed_all,
    ),
    documents={
        "organisations": DocumentSource(
            people_documents.build_organisations, people_documents.all_organisations
        ),
        "brokers": DocumentSource(people_documents.build_brokers, people_documents.all_brokers),
    },
    change_listener=outbox.enqueue,
    index_listeners=jobs.LISTENERS,
)
