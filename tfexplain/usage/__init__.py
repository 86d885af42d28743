"""Measures what a model uses in general, over many rows.

The room is not called `importance`: an imported `tfexplain.importance` would hide the public
function of that name.
"""
