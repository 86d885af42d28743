"""Defines the plugin's routes; http_api.md describes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tensorboard import plugin_util
from tensorboard.backend import http_util
from tensorboard.plugins import base_plugin
from werkzeug import wrappers

import tfexplain
from tfexplain.tb_plugin.arguments import Arguments, RequestError
from tfexplain.tb_plugin.evaluation import evaluated_steps, evaluated_totals, evaluation
from tfexplain.tb_plugin.events import checked
from tfexplain.tb_plugin.findings import Findings
from tfexplain.tb_plugin.log import Log
from tfexplain.tb_plugin.pictures import read_pictures
from tfexplain.tb_plugin.series import read_series
from tfexplain.wire import schema

MAX_GROUPS = 64
MAX_NUMBERS = 4096
PICTURES_STAY_S = 24 * 3600
SCRIPTS_STAY_S = 24 * 3600

_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
# A script whose name tells what it holds: the page and its worker share some.
_HASHED = re.compile(r"-[0-9A-Z]{8}\.js$")
_STATIC = Path(__file__).parent / "static"
# Which files exist is settled here: no part of a request's address ever becomes a path.
_FILES = (
    {p.name: p for p in _STATIC.iterdir() if p.is_file() and p.suffix in _TYPES}
    if _STATIC.is_dir()
    else {}
)

Answer = Callable[[wrappers.Request], Any]


class ExplainPlugin(base_plugin.TBPlugin):  # type: ignore[misc]
    """Serves the EXPLAIN tab."""

    plugin_name = schema.PLUGIN_NAME

    def __init__(self, context: base_plugin.TBContext) -> None:
        self._findings = Findings()
        self._provider = checked(context.data_provider)
        # Only in Python mode.
        self._events = context.multiplexer
        # What a remote data server keeps was decided where it was started.
        remote = getattr(context.flags, "grpc_data_provider", "")
        hints = context.sampling_hints or {}
        self._kept: int | None = None if remote else hints.get(self.plugin_name)

    def get_plugin_apps(self) -> dict[str, Any]:
        """Returns WSGI applications by route."""
        pages = {f"/{name}": _route(_file(path)) for name, path in _FILES.items()}
        return {
            "/index.js": _route(_not_built),
            **pages,
            "/runs": _route(self._runs),
            "/series": _route(self._series),
            "/inputs": _route(self._inputs),
            "/findings": _route(self._told),
            "/evaluation": _route(self._evaluation),
        }

    def is_active(self) -> bool:
        """Returns False at once: TensorBoard then asks the data provider whether the log has our
        data."""
        return False

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """Returns how TensorBoard shows the tab."""
        return base_plugin.FrontendMetadata(
            es_module_path="/index.js", tab_name="Explain", disable_reload=False
        )

    def _log(self, request: wrappers.Request) -> Log:
        environ = request.environ
        context, experiment = plugin_util.context(environ), plugin_util.experiment_id(environ)
        return Log(self._provider, context, experiment, self._kept, self._events)

    def _runs(self, request: wrappers.Request) -> Any:
        answer = self._log(request).as_json(tfexplain.__version__)
        return http_util.Respond(request, answer, "application/json")

    def _series(self, request: wrappers.Request) -> Any:
        query = Arguments(request.query_string)
        run, groups = query.one("run"), query.many("group", MAX_GROUPS)
        samples, steps = query.numbers("sample", MAX_NUMBERS), query.steps("step", MAX_NUMBERS)
        if not groups:
            raise RequestError(400, "group: expected 1 to 64; got none. Add group=.")
        last = query.numbers("last", 1)
        if last not in ([], [1]) or (last and steps):
            raise RequestError(
                400, f"last={last[0]}: expected 1, without step=; got another. Leave it away."
            )
        data = read_series(self._log(request), run, groups, samples, steps, bool(last))
        return http_util.Respond(request, data, "application/octet-stream")

    def _told(self, request: wrappers.Request) -> Any:
        answer = {"findings": self._findings.of(self._log(request))}
        return http_util.Respond(request, answer, "application/json")

    def _evaluation(self, request: wrappers.Request) -> Any:
        query, log = Arguments(request.query_string), self._log(request)
        run, steps = query.one("run"), query.steps("step", 1)
        answer: dict[str, Any]
        if query.optional("totals"):
            answer = evaluated_totals(log, run)
        elif steps:
            answer = evaluation(log, run, steps[0])
        else:
            answer = {"steps": evaluated_steps(log, run)}
        return http_util.Respond(request, answer, "application/json")

    def _inputs(self, request: wrappers.Request) -> Any:
        query = Arguments(request.query_string)
        asked = query.optional("v")
        data, version = read_pictures(self._log(request), query.one("run"), query.one("name"))
        stay = PICTURES_STAY_S if asked == version else 0
        return http_util.Respond(request, data, "application/octet-stream", expires=stay)


def _route(answer: Answer) -> Any:
    """Returns `answer` as a WSGI application that turns `RequestError` into its status and
    sentence."""

    @wrappers.Request.application
    def serve(request: wrappers.Request) -> Any:
        try:
            if request.method != "GET":
                raise RequestError(
                    405,
                    f"method={request.method}: expected GET; got another. Nothing here is written.",
                    [("Allow", "GET")],
                )
            return answer(request)
        except RequestError as error:
            return http_util.Respond(
                request, str(error), "text/plain", code=error.code, headers=error.headers
            )

    return serve


def _file(path: Path) -> Answer:
    def answer(request: wrappers.Request) -> Any:
        try:
            data = path.read_bytes()
        except OSError:
            return _not_built(request)
        stay = SCRIPTS_STAY_S if _HASHED.search(path.name) else 0
        return http_util.Respond(request, data, _TYPES[path.suffix], expires=stay)

    return answer


def _not_built(request: wrappers.Request) -> Any:
    raise RequestError(
        404,
        "index.js: expected the built page; got an installation without it. "
        "Run `make page` in the source checkout, then start TensorBoard again.",
    )
