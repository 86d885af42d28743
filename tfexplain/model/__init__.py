"""All that knows Keras: tracing, hooks, the calls of layers, and the explained number."""
