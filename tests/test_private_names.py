"""What the libraries keep private is read in one file, `tfexplain/model/keras_private.py`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import tfexplain

PACKAGE = Path(tfexplain.__file__).resolve().parent
HOME = PACKAGE / "model" / "keras_private.py"
# Modules that are no public path of their library.
PRIVATE_MODULES = ("keras.src", "tf_keras.src", "tensorflow.python", "tensorflow.lite.python")
# Private names of others than ourselves that stand outside, and why: named tuples and the standard
# library have no public name for it.
NOT_OF_KERAS = {"_replace", "_current_frames"}


def sources() -> Iterator[tuple[Path, ast.Module]]:
    folders = (PACKAGE, (PACKAGE / "callbacks").resolve())
    paths = {path.resolve() for folder in folders for path in folder.glob("**/*.py")}
    for path in sorted(paths - {HOME}):
        if "tb_plugin" not in path.parts:
            yield path, ast.parse(path.read_text("utf-8"))


def is_own(node: ast.Attribute) -> bool:
    """Whether an attribute is asked of `self`, whose names are ours."""
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def names(tree: ast.AST) -> Iterator[str]:
    """Names of attributes of others, of methods and classes, and all texts, which may be names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and not is_own(node):
            yield node.attr
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def is_private(name: str) -> bool:
    return name.startswith("_") and name[1:2].isalpha() and name.isidentifier()


def defined(tree: ast.AST) -> Iterator[str]:
    """What our own classes and modules define: methods, attributes of `self`, class attributes."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and is_own(node) and type(node.ctx) is ast.Store:
            yield node.attr


def of_the_libraries() -> set[str]:
    """The private names that `keras_private` reads."""
    here = set(names(ast.parse(HOME.read_text("utf-8"))))
    return set(filter(is_private, here)) - {"_reads_train_batches"}


def test_this_file_knows_the_names() -> None:
    assert {"_flatten_layers", "_keras_mask", "_handle_data", "_model"} <= of_the_libraries()


def test_no_other_file_names_what_this_one_reads() -> None:
    for path, tree in sources():
        assert not set(names(tree)) & of_the_libraries(), path


def test_no_other_file_reads_what_it_does_not_define() -> None:
    trees = dict(sources())
    assert len(trees) > 150
    own = {name for tree in trees.values() for name in defined(tree)} | NOT_OF_KERAS
    for path, tree in trees.items():
        read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not set(filter(is_private, read)) - own, path
        asked = {
            argument.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("getattr", "hasattr", "setattr", "delattr", "replaced")
            for argument in node.args
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        }
        assert not set(filter(is_private, asked)), path


def test_no_other_file_imports_private_modules() -> None:
    for path, tree in sources():
        for node in ast.walk(tree):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [str(node.module)]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                modules = [node.value]
            assert not any(name.startswith(PRIVATE_MODULES) for name in modules), path
