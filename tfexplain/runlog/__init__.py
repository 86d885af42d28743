"""From attributions and kernels to event files: the log of a run, whoever writes it."""
