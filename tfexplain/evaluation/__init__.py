"""Scores predictions against labels: classes, rankings, calibration, values, and over epochs."""
