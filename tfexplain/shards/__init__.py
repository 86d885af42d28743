"""Explains more rows than memory holds: in shards, files of the maps of consecutive rows."""
