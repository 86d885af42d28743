"""Validation data: reading it in any form, telling its labels, choosing rows."""
