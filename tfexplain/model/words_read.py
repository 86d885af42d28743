"""Finds which words each position of a layer reads: its receptive field, by arithmetic.

Along the operations of the traced graph, from the vectors of words on: no pass is needed, whatever
the weights are, and a value of zero hides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from tfexplain.model.line_rules import ALL, RULES, Line

# A record says them all; a layer that reads more of a text is as good as one that reads all of it.
MOST_OFFSETS = 1024
_NO_VALUES = frozenset({"OnesLike", "Rank", "Shape", "ShapeN", "Size", "ZerosLike"})
_LOOPS = ("While", "RNN", "LSTM", "GRU", "TensorList", "Cumsum", "Cumprod")

# A line, why there is none, or nothing where no word is read.
_State: TypeAlias = "Line | str | None"


@dataclass(frozen=True)
class WordsRead:
    """Tells which words the positions of a layer read.

    Attributes:
        step: How many words later the next position reads.
        offsets: Position p reads the words p * step + each of these, as far as there are such.
        why: Why this is not told; empty where it is.
    """

    step: int = 0
    offsets: tuple[int, ...] = ()
    why: str = ""


def words_read(graph: Any, sources: Sequence[Any]) -> Callable[[Any, int], WordsRead]:
    """Returns a function of a tensor and its axis of positions that tells which words they read.

    Args:
        graph: Of the traced pass.
        sources: The vectors of one input's words, [N, T, C] with a vector for each word.
    """
    states: dict[str, _State] = {source.op.name: Line(1) for source in sources}
    for op in graph.get_operations():
        if op.name not in states:
            states[op.name] = _state(op, states)

    def of(tensor: Any, axis: int) -> WordsRead:
        state = states.get(tensor.op.name)
        if isinstance(state, str):
            return WordsRead(why=state)
        if state is None or state.merged or state.axis != axis:
            return WordsRead(why="its positions are none of the text")
        offsets = tuple(sorted(state.offsets))
        count, length = sources[0].shape[1], tensor.shape[axis]
        wide = count is not None and length is not None and _reads_all(state, length, count)
        if wide or len(offsets) > MOST_OFFSETS:
            return WordsRead(why=ALL)
        return WordsRead(state.step, offsets)

    return of


def _reads_all(line: Line, length: int, count: int) -> bool:
    """Whether each of `length` positions, of several, reads each of `count` words."""
    words = range(count)
    ends = (0, length - 1)
    return count > 1 and all(
        {p * line.step + o for o in line.offsets}.issuperset(words) for p in ends
    )


def _state(op: Any, states: Mapping[str, _State]) -> _State:
    if op.type in _NO_VALUES:
        return None
    read = [states.get(cause.op.name) for cause in op.inputs]
    if all(state is None for state in read):
        return None
    for state in read:
        if isinstance(state, str):
            return state
    if any(part in op.type for part in _LOOPS):
        return ALL
    rule = RULES.get(op.type)
    lines = [state if isinstance(state, Line) else None for state in read]
    try:
        found = None if rule is None else rule(op, lines)
    except Exception:  # another version of TensorFlow may write its operations otherwise
        found = None
    return found or f"what each position reads is not known behind an operation {op.type}"
