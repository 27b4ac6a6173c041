"""Keeps the notes in memory, until the service ends."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from .models import Note, NoteContent


class StoreFullError(Exception):
    """There is no room for another note."""


class NoteStore:
    """The notes, oldest first. The routes call it from one thread, so it needs no lock."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._notes: dict[UUID, Note] = {}

    def add(self, content: NoteContent) -> Note:
        """Keep a new note. Raises StoreFullError."""
        if len(self._notes) >= self._capacity:
            raise StoreFullError(f"there are already {self._capacity} notes")
        now = datetime.now(UTC)
        note = Note(id=uuid4(), created_at=now, updated_at=now, **content.model_dump())
        self._notes[note.id] = note
        return note

    def page(self, *, offset: int, limit: int) -> list[Note]:
        """The notes of one page."""
        return [*self._notes.values()][offset : offset + limit]

    def get(self, note_id: UUID) -> Note | None:
        """The note, or None if there is none."""
        return self._notes.get(note_id)

    def replace(self, note_id: UUID, content: NoteContent) -> Note | None:
        """Give a note another content; None if there is none."""
        note = self._notes.get(note_id)
        if note is None:
            return None
        changed = note.model_copy(update={**content.model_dump(), "updated_at": datetime.now(UTC)})
        self._notes[note_id] = changed
        return changed

    def remove(self, note_id: UUID) -> bool:
        """Whether there was such a note; now there is none."""
        return self._notes.pop(note_id, None) is not None
