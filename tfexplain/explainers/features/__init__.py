"""Feature maps, and feature visualization by optimized inputs."""
