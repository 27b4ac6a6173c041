"""The notes: the one resource, to be replaced by your own."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response, status

from ..models import Note, NoteContent
from ..store import NoteStore, StoreFullError

router = APIRouter(prefix="/notes", tags=["notes"])


async def store_of(request: Request) -> NoteStore:
    """The store of the application that answers."""
    return cast(NoteStore, request.app.state.notes)


Store = Annotated[NoteStore, Depends(store_of)]


def not_found() -> HTTPException:
    """The answer where there is no such note."""
    return HTTPException(status.HTTP_404_NOT_FOUND, "There is no such note.")


@router.post("", status_code=status.HTTP_201_CREATED)
async def add_note(content: NoteContent, store: Store, request: Request, response: Response) -> Note:
    """Keep a new note."""
    try:
        note = store.add(content)
    except StoreFullError as error:
        raise HTTPException(status.HTTP_507_INSUFFICIENT_STORAGE, f"No room: {error}.") from error
    response.headers["location"] = str(request.url_for("show_note", note_id=note.id))
    return note


@router.get("")
async def list_notes(
    store: Store,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[Note]:
    """List the notes, oldest first."""
    return store.page(offset=offset, limit=limit)


@router.get("/{note_id}")
async def show_note(note_id: UUID, store: Store) -> Note:
    """Show one note."""
    note = store.get(note_id)
    if note is None:
        raise not_found()
    return note


@router.put("/{note_id}")
async def replace_note(note_id: UUID, content: NoteContent, store: Store) -> Note:
    """Give a note another title and text."""
    note = store.replace(note_id, content)
    if note is None:
        raise not_found()
    return note


@router.delete("/{note_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_note(note_id: UUID, store: Store) -> None:
    """Remove a note."""
    if not store.remove(note_id):
        raise not_found()
