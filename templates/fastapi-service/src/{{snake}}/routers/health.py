"""Tells that the service answers."""

from fastapi import APIRouter, Request

from ..models import Health

router = APIRouter(tags=["health"])


@router.get("/health")
async def show_health(request: Request) -> Health:
    """Answer as long as the service works."""
    return Health(status="ok", version=request.app.version)
