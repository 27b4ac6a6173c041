"""Puts the application together."""

from importlib.metadata import version

from fastapi import FastAPI

from .routers import health, notes
from .settings import Settings
from .store import NoteStore


def create_app(settings: Settings) -> FastAPI:
    """Make an application with a store of its own, so that each test can have one."""
    app = FastAPI(title="{{name}}", description="{{description}}", version=version("{{slug}}"))
    app.state.notes = NoteStore(capacity=settings.max_notes)
    app.include_router(health.router)
    app.include_router(notes.router)
    return app
