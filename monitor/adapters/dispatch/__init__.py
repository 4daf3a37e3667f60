"""Dispatchers: what carries work between stages."""
