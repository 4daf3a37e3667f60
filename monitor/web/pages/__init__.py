"""The pages for people: server-made HTML that works without scripts, small scripts beside it for comfort."""
