"""Label schemes as data; docs/labelling.md explains the format."""
