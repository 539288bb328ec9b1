"""Container images: one folder each, and the program that builds them (``python -m images``)."""
