"""What goes in and comes out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=10_000)]


class NoteContent(BaseModel):
    """A note as a client writes it; a field that does not exist is refused."""

    model_config = ConfigDict(extra="forbid")

    title: Title
    text: Text = ""


class Note(NoteContent):
    """A note as it is kept."""

    id: UUID
    created_at: datetime
    updated_at: datetime


class Health(BaseModel):
    """That the service answers, and in which version."""

    status: str
    version: str
