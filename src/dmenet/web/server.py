"""Serving the page on this machine, without a network and without traces."""

import socket
from collections.abc import Callable, Mapping
from pathlib import Path

import gradio as gr
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dmenet.errors import InputError
from dmenet.estimators import Estimator
from dmenet.web.page import page

POLICY = (
    "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; form-action 'self'; "
    "frame-ancestors 'self'"
)
"""What a browser may fetch: nothing from elsewhere, whatever Gradio's pages ask for."""

_FONT = ["system-ui", "sans-serif"]
_MONO = ["ui-monospace", "monospace"]


class OwnSourcesOnly:
    """Middleware: every answer forbids the browser to fetch from elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the header to what the application answers."""

        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message["headers"], (b"content-security-policy", POLICY.encode())]
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, with_policy)


def application(
    methods: Mapping[str, Callable[[], Estimator]], upload_limit_mb: int, folder: Path
) -> FastAPI:
    """The page as an application.

    Args:
        methods: by name; the first is chosen at the start.
        upload_limit_mb: larger files are refused.
        folder: where it writes, deleted when the server ends.
    """
    here = Path(__file__).parent
    app: FastAPI = gr.mount_gradio_app(
        FastAPI(openapi_url=None),
        page(methods, folder),
        path="",
        footer_links=[],
        max_file_size=upload_limit_mb * 2**20,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        theme=gr.themes.Default(font=_FONT, font_mono=_MONO),
        css=(here / "page.css").read_text("utf-8"),
        head=f"<script>{(here / 'page.js').read_text('utf-8')}</script>",
    )
    app.add_middleware(OwnSourcesOnly)
    return app


def serve(app: FastAPI, listening: socket.socket) -> None:
    """Serve an application on a socket until Ctrl-C."""
    configuration = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    uvicorn.Server(configuration).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Args:
        host: the address to listen on.
        port: 0 takes a free one.

    Raises:
        InputError: that cannot be.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise InputError(
            f"host={host} port={port}: cannot be listened on: {error.strerror}. Choose another, "
            "such as port=7861"
        ) from error
