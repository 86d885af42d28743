"""TensorBoard plugin: serves what the callbacks logged to its page, without TensorFlow."""
