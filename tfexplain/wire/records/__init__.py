"""What each event of a log means; `tfexplain.wire.schema` is where the rest of the code gets it."""
