"""Tests that drive the page in a browser, and what they share."""
