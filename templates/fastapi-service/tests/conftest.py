from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from {{snake}}.app import create_app
from {{snake}}.settings import Settings


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The defaults, whatever the machine's environment says, with room for three notes."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"APP_{name.upper()}", raising=False)
    return Settings(_env_file=None, max_notes=3)


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A client of an application of the test's own."""
    with TestClient(create_app(settings)) as client:
        yield client
