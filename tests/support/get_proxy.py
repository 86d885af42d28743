"""A proxy as notebooks have one: it answers GET alone, below a prefix, to a page around a frame."""

from __future__ import annotations

import html
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PREFIX = "/proxy/tensorboard"
# Of one connection, not of what is sent through it.
_HOP = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}


@dataclass
class Proxy:
    """A running proxy; the notebook is of another origin than what its frame holds.

    They are of one site: else browsers forbid TensorBoard to store anything, and it fails.
    """

    port: int
    refused: list[str] = field(default_factory=list)

    @property
    def notebook(self) -> str:
        """Address of a page whose cell shows the server, as Colab's `%tensorboard` does."""
        return f"http://notebook.colab.localhost:{self.port}/notebook"

    @property
    def root(self) -> str:
        """Where the server seems to be."""
        return f"http://kernel.colab.localhost:{self.port}{PREFIX}/"


@contextmanager
def get_proxy(target: str, height: int = 800) -> Iterator[Proxy]:
    """Runs a proxy of a server, whose address ends with a slash, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith(f"{PREFIX}/"):
                self._pass_on(self.path.removeprefix(f"{PREFIX}/"))
            elif self.path == "/notebook":
                cell = html.escape(f"{proxy.root}?tensorboardColab=true")
                frame = f'<iframe src="{cell}" width="100%" height="{height}" frameborder="0">'
                headers = [("Content-Type", "text/html")]
                self._answer(200, headers, f"<!doctype html>{frame}</iframe>".encode())
            else:
                self._refuse()

        def _pass_on(self, path: str) -> None:
            asked = {k: v for k, v in self.headers.items() if k.lower() not in {"host", *_HOP}}
            request = urllib.request.Request(target + path, headers=asked)
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    self._answer(answer.status, answer.headers.items(), answer.read())
            except urllib.error.HTTPError as error:
                with error:
                    self._answer(error.code, error.headers.items(), error.read())

        def _refuse(self) -> None:
            if self.path != "/favicon.ico":
                proxy.refused.append(f"{self.command} {self.path}")
            self._answer(404 if self.command == "GET" else 405, [], b"")

        do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = _refuse

        def _answer(self, status: int, headers: Any, body: bytes) -> None:
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        proxy = Proxy(server.server_port)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield proxy
        server.shutdown()
        thread.join()
