"""The application for a server such as uvicorn (`{{snake}}.main:app`), and a server of its own."""

import uvicorn

from .app import create_app
from .settings import Settings

settings = Settings()
app = create_app(settings)

if __name__ == "__main__":
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level,
        timeout_graceful_shutdown=10,
    )
