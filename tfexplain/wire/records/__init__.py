"""Defines what each event of a log means; other rooms import it from `tfexplain.wire.schema`."""
