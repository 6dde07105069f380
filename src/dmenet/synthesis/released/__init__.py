"""The authors' generator, whole."""
