"""Methods that integrate gradients along a path."""
