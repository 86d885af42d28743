"""Defines the wire format of a log. The TensorBoard plugin imports this, so it imports no
TensorFlow."""
