"""Measures what a model uses in general, over many rows.

The room is not called `importance`: an imported `tfexplain.usage` would hide the public
function of that name.
"""
