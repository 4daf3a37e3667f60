"""The commands: each a thin shell around what the daemon is made of."""
