"""Steps of the log and of its events: both rise with time, and older logs are read as before."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tfexplain.wire.clock import FINE, epoch_text, event_step, rounded, step_of

EPOCHS = st.integers(0, 10**6)
SHARES = st.tuples(st.integers(1, 10**5), st.integers(2, 10**5)).filter(lambda x: x[0] < x[1])


@given(st.integers(0, FINE - 1))
def test_steps_of_logs_without_fractions_are_epochs(epoch: int) -> None:
    assert step_of(epoch) == event_step(epoch) == epoch
    assert step_of(event_step(epoch, fine=True)) == epoch


@given(EPOCHS, SHARES)
def test_a_part_of_an_epoch_lies_before_its_end_and_behind_that_of_the_one_before(
    epoch: int, share: tuple[int, int]
) -> None:
    done, steps = share
    step = rounded(epoch - 1 + done / steps)
    assert abs(Fraction(step) - (epoch - 1 + Fraction(done, steps))) < Fraction(1, 10**6)
    before, now, after = (event_step(s, fine=True) for s in (epoch - 1, step, epoch))
    assert before <= now <= after
    # What is written is what was measured, so that it is found again.
    assert step_of(now) == step
    # As JSON and Python have it, with no digit that the log has not.
    assert len(repr(float(step)).partition(".")[2]) <= 6


def test_the_text_names_the_epoch_that_is_trained() -> None:
    assert [epoch_text(step) for step in (-0.9, -0.000001, 0, 0.5, 1)] == [
        *("0 at 10%", "0 at 100%", "0", "1 at 50%", "1")
    ]
