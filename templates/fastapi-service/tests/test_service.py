import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from {{snake}}.settings import Settings


def test_health_tells_the_version(client: TestClient) -> None:
    answer = client.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "version": "0.1.0"}


def test_the_description_names_every_route(client: TestClient) -> None:
    description = client.get("/openapi.json").json()

    assert description["info"]["title"] == "{{name}}"
    assert set(description["paths"]) == {"/health", "/notes", "/notes/{note_id}"}


def test_settings_have_defaults(settings: Settings) -> None:
    assert (settings.host, settings.port, settings.log_level) == ("127.0.0.1", {{port}}, "info")


def test_settings_come_from_the_environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_PORT", "9123")

    assert Settings(_env_file=None).port == 9123


@pytest.mark.parametrize(("name", "value"), [("APP_PORT", "0"), ("APP_PORT", "http"), ("APP_LOG_LEVEL", "loud")])
def test_a_wrong_setting_is_named(
    name: str, value: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError, match=name.removeprefix("APP_").lower()):
        Settings(_env_file=None)
