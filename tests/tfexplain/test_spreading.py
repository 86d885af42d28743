"""Values of positions among the words that they read, against sums by hand."""

import numpy as np
import pytest

from tfexplain.spreading import over_words

A, B, C, D = 6.0, 12.0, 18.0, 24.0
FIVE = ["the", "film", "was", "not", "good"]

# Values of positions, words, step, offsets; values of words.
CASES = {
    "kernel 3, valid": (
        *([A, B, C], FIVE, 1, (0, 1, 2)),
        [2, 2 + 4, 2 + 4 + 6, 4 + 6, 6],
    ),
    # The first position reads two words only, and so does the last.
    "kernel 3, same": (
        *([A, B, C, D, A], FIVE, 1, (-1, 0, 1)),
        [3 + 4, 3 + 4 + 6, 4 + 6 + 8, 6 + 8 + 3, 8 + 3],
    ),
    "kernel 3, causal": (
        *([A, B, C, D, A], FIVE, 1, (-2, -1, 0)),
        [6 + 6 + 6, 6 + 6 + 8, 6 + 8 + 2, 8 + 2, 2],
    ),
    "kernel 3, stride 2": (*([A, B], FIVE, 2, (0, 1, 2)), [2, 2, 2 + 4, 4, 4]),
    "kernel 3, dilation 2": (*([A], FIVE, 1, (0, 2, 4)), [2, 0, 2, 0, 2]),
    # Pairs, the larger of two pairs, and two of these.
    "two convolutions and pooling": (
        *([10.0], FIVE, 2, (0, 1, 2, 3, 4)),
        [2, 2, 2, 2, 2],
    ),
    "padding": (*([A, B, C], [*FIVE[:2], "", "", ""], 1, (0, 1, 2)), [3, 3 + 12, 6, 6, 6]),
    "negative": (*([-6.0], FIVE, 1, (0, 1)), [-3, -3, 0, 0, 0]),
}


@pytest.mark.parametrize("case", CASES)
def test_values_are_divided_among_the_words_that_are_read(case):
    values, words, step, offsets, expected = CASES[case]
    spread = over_words(np.array(values), words, step, offsets)
    np.testing.assert_allclose(spread[: len(expected)], expected, rtol=1e-6)
    assert spread.sum() == pytest.approx(sum(values))


def test_padding_has_the_value_of_positions_that_read_nothing_else():
    spread = over_words(np.array([4.0, 6.0]), ["a", "", ""], 1, (0, 1))
    np.testing.assert_allclose(spread, [4, 3, 3])


def test_what_reads_a_rim_counts_for_the_word_at_that_end():
    spread = over_words(np.array([1.0, 2.0, 3.0, 4.0]), ["a", "b"], 1, (-1,))
    np.testing.assert_allclose(spread, [1 + 2, 3 + 4])


def test_no_words_have_no_values():
    assert over_words(np.zeros(0), ["a"], 1, (0,)).tolist() == [0]
