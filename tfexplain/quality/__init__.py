"""How far an explanation can be believed, and how far two differ."""
