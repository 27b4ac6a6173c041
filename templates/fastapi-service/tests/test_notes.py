from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient


def add(client: TestClient, **content: str) -> dict[str, Any]:
    """Add a note that must be accepted."""
    answer = client.post("/notes", json=content)
    assert answer.status_code == 201, answer.text
    note: dict[str, Any] = answer.json()
    return note


def test_a_note_is_kept_and_shown_where_it_is(client: TestClient) -> None:
    answer = client.post("/notes", json={"title": "  Buy bread ", "text": "Two"})

    assert answer.status_code == 201
    assert answer.json()["title"] == "Buy bread"
    assert client.get(answer.headers["location"]).json() == answer.json()


def test_notes_are_listed_by_pages_oldest_first(client: TestClient) -> None:
    for title in ("one", "two", "three"):
        add(client, title=title)

    titles = [note["title"] for note in client.get("/notes", params={"offset": 1, "limit": 2}).json()]

    assert titles == ["two", "three"]


def test_a_note_is_replaced(client: TestClient) -> None:
    note = add(client, title="Draft", text="Some text")

    changed = client.put(f"/notes/{note['id']}", json={"title": "Final"}).json()

    assert (changed["id"], changed["title"], changed["text"]) == (note["id"], "Final", "")
    assert changed["created_at"] == note["created_at"]
    assert client.get(f"/notes/{note['id']}").json() == changed


def test_a_note_is_removed_once(client: TestClient) -> None:
    path = f"/notes/{add(client, title='Old')['id']}"

    assert [client.delete(path).status_code for _ in range(2)] == [204, 404]
    assert client.get("/notes").json() == []


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({}, "title"),
        ({"title": "   "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "Good", "text": 5}, "text"),
        ({"title": "Good", "color": "red"}, "color"),
    ],
)
def test_a_wrong_note_is_refused_by_field(client: TestClient, content: dict[str, object], field: str) -> None:
    answer = client.post("/notes", json=content)

    assert answer.status_code == 422
    assert [fault["loc"] for fault in answer.json()["detail"]] == [["body", field]]
    assert client.get("/notes").json() == []


def test_what_is_not_there_is_not_found(client: TestClient) -> None:
    path = f"/notes/{uuid4()}"

    assert client.get(path).status_code == 404
    assert client.put(path, json={"title": "New"}).status_code == 404


def test_a_full_store_refuses_another_note(client: TestClient) -> None:
    for number in range(3):
        add(client, title=f"Note {number}")

    answer = client.post("/notes", json={"title": "One too many"})

    assert (answer.status_code, answer.json()["detail"]) == (507, "No room: there are already 3 notes.")
