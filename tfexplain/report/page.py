"""Puts the page, its answers and the summary into one HTML file."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Sequence
from pathlib import Path

import tfexplain
from tfexplain import tb_plugin
from tfexplain.errors import TfexplainError
from tfexplain.report.answers import Answer

_STATIC = Path(tb_plugin.__file__).parent / "static"


def page(title: str, summary: str, style: str, answers: Sequence[Answer], opens: str = "") -> str:
    """Returns the file's text; nothing in it is loaded from anywhere.

    Args:
        title: Title of the document.
        summary: HTML that is printed, and shown where scripts do not run.
        style: Its CSS.
        answers: What the page shows.
        opens: The link, without an address, to what the page opens with.

    Raises:
        TfexplainError: tfexplain was installed without the page.
    """
    script, licences = _built()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    data = "\n".join(
        f'<script type="text/plain" data-answer="{html.escape(answer.asked)}">'
        f"{answer.packed}</script>"
        for answer in answers
    )
    opens = f' data-opens="{html.escape(opens)}"' if opens else ""
    return f"""\
<!doctype html>
<html lang="en"{opens}>
<head>
{head(title, f"script-src 'sha256-{digest}'; img-src data: blob:")}
<style>
{style}
@media screen {{ .alive main.summary {{ display: none }} }}
@media print {{ tfx-app {{ display: none !important }} }}
</style>
</head>
<body>
<main class="summary">
{summary}
</main>
{data}
<script type="text/plain">{html.escape(licences, quote=False)}</script>
<script>{script}</script>
</body>
</html>
"""


def head(title: str, allowed: str) -> str:
    """Returns the first lines of the head: the title, and what alone the file may do."""
    policy = f"default-src 'none'; style-src 'unsafe-inline'; {allowed}"
    return f"""\
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="tfexplain {html.escape(tfexplain.__version__)}">
<title>{html.escape(title)}</title>"""


def size_without_answers() -> int:
    """Returns the bytes that a report takes beside its answers and summary."""
    return sum(len(text.encode()) for text in _built())


def _built() -> tuple[str, str]:
    try:
        script = (_STATIC / "report.js").read_text("utf-8")
        return script, (_STATIC / "THIRD_PARTY_LICENSES.txt").read_text("utf-8")
    except OSError as error:
        raise TfexplainError(
            "report.js: expected the built page; got an installation without it. Run `make page` "
            "in the source checkout, or take --summary, which needs none."
        ) from error
