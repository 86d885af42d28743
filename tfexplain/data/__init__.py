"""Validation data: reads it in any form, reads its labels, chooses rows."""
