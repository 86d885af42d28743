"""Writes the log of a run: from attributions and kernels to event files, for any caller."""
