"""What the text example reads: first sentences of the docstrings of numpy and of Python itself."""

from __future__ import annotations

import ast
import re
import sysconfig
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

CLASSES = ["Python", "NumPy"]
LENGTH = 24
Sentences = list[list[str]]


def load(validation: int = 5) -> tuple[tuple[Sentences, Sentences], tuple[Sentences, Sentences]]:
    """((Python's, NumPy's) sentences to train on, the same to validate on), in lower-case words.

    Both come installed. Every `validation`th file is kept for validation, whole, because sentences
    of one file resemble each other. Each pair has as many of one as of the other.
    """
    found: tuple[list[Sentences], list[Sentences]] = ([], [])
    python, library = Path(sysconfig.get_paths()["stdlib"]), Path(np.__file__).parent
    for root, pattern in ((python, "*.py"), (library, "**/*.py")):
        kept: dict[str, bool] = {}
        for file in sorted(root.glob(pattern)):
            if "test" not in str(file.relative_to(root)):  # wherever the root lies
                held = zlib.crc32(file.stem.encode()) % validation == 0
                kept.update(dict.fromkeys(_sentences(file), held))
        for part, own in zip(found, (False, True), strict=True):
            part.append([text.split() for text, held in kept.items() if held is own])
    return _balanced(*found[0]), _balanced(*found[1])


def _sentences(file: Path) -> Iterator[str]:
    """The first sentence of each docstring of a file, where it has 4 to `LENGTH` words."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        text = (ast.get_docstring(node) or "") if isinstance(node, documented) else ""
        words = re.findall("[a-z]+", re.split(r"(?<=[.!?])\s|\n\s*\n", text)[0].lower())
        if 4 <= len(words) <= LENGTH:
            yield " ".join(words)


def _balanced(one: Sentences, other: Sentences) -> tuple[Sentences, Sentences]:
    count, rng = min(len(one), len(other)), np.random.default_rng(0)
    first, second = (
        [some[i] for i in np.sort(rng.permutation(len(some))[:count])] for some in (one, other)
    )
    return first, second


def vocabulary(sentences: Sentences, least: int = 3) -> list[str]:
    """Words that occur at least so often, by index; index 0 is padding, 1 any other word."""
    counts = Counter(word for sentence in sentences for word in sentence)
    return ["", "[rare]", *sorted(word for word, count in counts.items() if count >= least)]


def indices(sentences: Sentences, words: list[str]) -> npt.NDArray[np.int32]:
    """int32 [N, `LENGTH`]: sentences as indices of words, filled up with 0."""
    known = {word: index for index, word in enumerate(words)}
    found = np.zeros((len(sentences), LENGTH), np.int32)
    for row, sentence in zip(found, sentences, strict=True):
        row[: len(sentence)] = [known.get(word, 1) for word in sentence]
    return found
