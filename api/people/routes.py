"""Every route of people, in the order of the documentation."""

from fastapi import APIRouter

from pgswarm.api.people import conversations, links, messages, operator, profile, questions, suggestions, uploads

router = APIRouter()
for part in (questions, links, messages, conversations, uploads, operator, suggestions, profile):
    router.include_router(part.router)
