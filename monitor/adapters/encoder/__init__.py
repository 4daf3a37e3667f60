"""The bundled encoder: a text as a vector, worked out on this machine."""
