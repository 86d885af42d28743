"""Who may import whom, as docs/architecture.md says; read from the sources."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tfexplain

PACKAGE = Path(tfexplain.__file__).resolve().parent
REPOSITORY = Path(__file__).resolve().parents[1]
HEAVY = {"tensorflow", "keras", "tf_keras", "matplotlib"}
# Rooms in the order of the architecture page; each imports only rooms of earlier lines.
FLOORS = (
    {"errors", "types", "needs_tensorflow", "map_figure"},
    {"checks", "text_table"},
    {"wire", "quality", "model"},
    {"data", "attribution", "evaluation"},
    {"caption", "coloring", "joining", "resampling", "rows", "spreading"},
    {"rendering"},
    {"row_sheets"},
    {"figures"},
    {"explainers", "compression"},
    {"adapters", "health", "pruning"},
    {"exchange", "story", "structure", "trust"},
    {"reading", "shards", "tb_plugin", "training", "usage"},
    {"runlog", "report"},
    {"callbacks", "comparing", "map_page"},
    {"layer_sensitivity"},
    {"commands"},
    {"cli"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# Public names that hand on what lives in a room; no room imports them.
FACADES = {"__init__", "schema", "targets"}
# Convenience methods may import upwards inside a function, and say so: (module, what it imports).
CONVENIENCES = {
    ("attribution", "figures"),
    ("explainers.base", "explainers.run"),
    ("comparing.comparison", "comparing.payers"),
    ("explainers.explain_rows", "shards.explained"),
    ("explainers.explain_rows", "shards.reading"),
    ("comparing.comparison", "comparing.tables"),
    ("layer_sensitivity.result", "layer_sensitivity.tables"),
    ("exchange.exchange_map", "exchange.exchange_figure"),
    ("usage.dependence", "usage.dependence_figure"),
    ("usage.importance_result", "usage.importance_figure"),
    ("usage.importance_result", "usage.importance_text"),
    ("reading.log", "report.notebook"),
    ("reading.log", "report.write"),
    ("reading.logged_run", "report.notebook"),
    ("reading.logged_maps", "report.notebook"),
    ("attribution", "map_page"),
    ("attribution", "report.notebook"),
    ("explainers.explanations", "map_page"),
    ("explainers.explanations", "report.notebook"),
}
# What is shown of a log is asked of reports, which reach the plugin; shards write the log's format.
SHOWN = {pair for pair in CONVENIENCES if pair[1].startswith(("report.", "map_page", "shards."))}
# These ask the package for its version.
ASK_VERSION = {
    ("cli", "tfexplain"),
    ("commands.opening", "tfexplain"),
    ("report.answers", "tfexplain"),
    ("report.page", "tfexplain"),
    ("report.summary", "tfexplain"),
    ("shards.engine", "tfexplain"),
    ("shards.facts", "tfexplain"),
    ("structure.training_facts", "tfexplain"),
    ("tb_plugin.routes", "tfexplain"),
}
LOG_FORMAT = {"wire", "runlog"}
TRAINING = {"tensorflow", "keras", "tf_keras"}
# What each room must not import, directly or through others of ours, although it lies lower or is
# not ours. Only reports reach the plugin, for they answer as it does.
# What viewers have of the library: the wire format, and what is computed of records alone.
_READERS = {"wire", "story", "quality", "evaluation", "errors", "types", "checks", "tb_plugin"}
REPORTS = {"report", "map_page", "commands", "cli", "tb_plugin"}
MUST_NOT_REACH = {
    "errors": HEAVY,
    "types": HEAVY,
    "needs_tensorflow": HEAVY,
    "checks": HEAVY,
    "text_table": HEAVY,
    "wire": HEAVY | {"model", "data", "explainers", "compression", "quality", "runlog"},
    "quality": HEAVY | {"wire", "model", "data"},
    "model": LOG_FORMAT | {"quality", "matplotlib"},
    "data": LOG_FORMAT | {"quality", "matplotlib"},
    "attribution": LOG_FORMAT | TRAINING | {"quality", "model", "data"},
    "spreading": HEAVY | LOG_FORMAT | {"quality", "model", "data", "attribution"},
    "resampling": HEAVY | LOG_FORMAT | {"quality", "model", "data", "attribution"},
    "coloring": HEAVY | LOG_FORMAT | {"quality", "model", "data", "attribution"},
    "caption": HEAVY | LOG_FORMAT | {"quality", "model", "data", "attribution"},
    "map_figure": {"tensorflow", "keras", "tf_keras"} | LOG_FORMAT | {"model", "data"},
    "rendering": LOG_FORMAT | TRAINING | {"quality", "model", "data"},
    "row_sheets": LOG_FORMAT | TRAINING | {"quality", "model", "data"},
    "figures": LOG_FORMAT | TRAINING | {"quality", "model", "data"},
    "explainers": LOG_FORMAT | {"quality", "compression"},
    "adapters": LOG_FORMAT | {"quality", "compression"},
    "health": LOG_FORMAT | {"quality", "explainers", "matplotlib"},
    "evaluation": HEAVY | {"model", "data", "attribution", "runlog"},
    "exchange": LOG_FORMAT | {"compression"},
    "usage": LOG_FORMAT | {"compression"},
    "trust": LOG_FORMAT | {"compression"},
    "joining": LOG_FORMAT | TRAINING | {"quality", "model", "data"},
    "rows": LOG_FORMAT | {"quality", "explainers", "compression", "matplotlib"},
    "shards": {"runlog", "compression", "reading", "usage"},
    "training": LOG_FORMAT | {"compression", "callbacks"},
    "story": HEAVY | {"model", "data", "explainers", "compression", "runlog", "exchange"},
    "structure": LOG_FORMAT | {"quality", "explainers", "matplotlib"},
    "compression": LOG_FORMAT | {"quality", "explainers", "matplotlib"},
    "reading": HEAVY | {"model", "data", "explainers", "compression", "runlog", "exchange"},
    "report": TRAINING | {"model", "data", "explainers", "compression", "runlog", "exchange"},
    "map_page": {"callbacks", "comparing", "commands"},
    "runlog": {"callbacks", "comparing", "commands"},
    "callbacks": {"comparing", "commands"},
    "comparing": {"callbacks", "commands"},
    "layer_sensitivity": {"callbacks", "commands"},
    "pruning": LOG_FORMAT | {"quality", "explainers", "matplotlib"},
    "commands": {"callbacks", "cli"},
    "cli": {"callbacks"},
    "schema": HEAVY | {"model", "data", "explainers", "compression", "quality", "runlog"},
    "targets": LOG_FORMAT | {"data", "explainers", "compression", "quality", "matplotlib"},
    "tb_plugin": HEAVY | (set(FLOOR) - _READERS),
}


def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name below `tfexplain`."""
    found: dict[str, Path] = {}
    paths: set[Path] = set()
    # The two rooms are links in a checkout, and not every Python's `**` follows links.
    for folder in (PACKAGE, PACKAGE / "callbacks"):
        paths.update(folder.glob("**/*.py"))
    paths.update((PACKAGE / "tb_plugin").glob("*.py"))
    for path in sorted(paths):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


MODULES = modules()


@functools.cache
def imports(path: Path) -> set[str]:
    """Full names of everything a file imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            # `from tfexplain import wire` imports a room, and no name of the package itself.
            if node.module != "tfexplain":
                found.add(str(node.module))
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


@functools.cache
def ours(path: Path) -> set[str]:
    """Our modules that a file imports, below `tfexplain`; the package itself is `tfexplain`."""
    found = set()
    for name in imports(path):
        if name == "tfexplain":
            found.add("tfexplain")
        elif name.startswith("tfexplain."):
            below = name.removeprefix("tfexplain.")
            found.add(below if below in MODULES else below.rpartition(".")[0] or "tfexplain")
    return found


def part(name: str) -> str:
    """The part of the package that a module belongs to."""
    return name.split(".")[0]


def reached(start: str) -> set[str]:
    """Parts and third-party packages that importing a module brings in, apart from `__init__`."""
    seen: set[str] = set()
    todo, found = [start], set()
    while todo:
        name = todo.pop()
        if name in seen or name not in MODULES:
            continue
        seen.add(name)
        found.add(part(name))
        found.update(n.split(".")[0] for n in imports(MODULES[name]))
        todo.extend(n for n in ours(MODULES[name]) if (name, n) not in SHOWN)
    return found


def of_part(name: str) -> Iterator[str]:
    yield from (module for module in MODULES if part(module) == name)


def test_the_walk_sees_the_package() -> None:
    parts = {part(name) for name in MODULES}
    assert {"wire", "explainers", "callbacks", "tb_plugin"} <= parts
    assert "tb_plugin.routes" in MODULES
    assert parts == set(FLOOR) | FACADES, "a room without a floor"
    assert parts == set(MUST_NOT_REACH) | {"__init__"}, "a room without a rule"


def test_a_room_imports_only_lower_rooms() -> None:
    for module, path in MODULES.items():
        if part(module) in FACADES:
            continue
        for name in ours(path):
            other = part(name)
            if other == part(module) or (module, name) in CONVENIENCES | ASK_VERSION:
                continue
            # A facade stands above all rooms.
            assert FLOOR.get(other, len(FLOORS)) < FLOOR[part(module)], f"{module} imports {name}"


def test_the_plugin_imports_what_reads_logs_only() -> None:
    for module in of_part("tb_plugin"):
        names = {n for n in ours(MODULES[module]) if (module, n) not in ASK_VERSION}
        others = {part(name) for name in names} - {"tb_plugin"}
        assert others <= {"errors", "wire", "story", "evaluation"}, module


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports inside functions count, but for the conveniences."""
    below = {
        module: {n for n in ours(path) if n in MODULES and (module, n) not in CONVENIENCES}
        for module, path in MODULES.items()
        if part(module) not in FACADES and path.name != "__init__.py"
    }
    while True:
        leaves = {m for m, names in below.items() if not names & set(below)}
        if not leaves:
            break
        below = {m: names for m, names in below.items() if m not in leaves}
    assert not below, {m: sorted(names & set(below)) for m, names in below.items()}


@pytest.mark.parametrize("name", MUST_NOT_REACH)
def test_a_part_never_reaches_what_it_must_not(name: str) -> None:
    plugin = set() if name in REPORTS else {"tb_plugin"}
    for module in of_part(name):
        assert not reached(module) & (MUST_NOT_REACH[name] | plugin), module


def test_the_package_itself_is_light() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    names = {
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert names <= {"__future__", "importlib", "typing"}


def test_no_file_imports_the_rooms_by_their_folder() -> None:
    rooms = {"callbacks", "tb_plugin", "explainers", "schema"}
    folders = ("callbacks", "tb_plugin", "tfexplain", "tests", "examples", "benchmarks")
    for folder in folders:
        for path in (REPOSITORY / folder).glob("**/*.py"):
            if "node_modules" not in path.parts:
                assert not {name.split(".")[0] for name in imports(path)} & rooms, path


@pytest.mark.parametrize("module", ["tfexplain", "tfexplain.schema", "tfexplain.wire.schema"])
def test_importing_it_brings_neither_tensorflow_nor_keras(module: str) -> None:
    code = f"import sys, {module}; print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_public_names_load_on_first_use() -> None:
    assert set(tfexplain.__all__) <= set(dir(tfexplain))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tfexplain.nothing
