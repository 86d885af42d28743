"""What `tfexplain COMMAND` does, one command a file."""
