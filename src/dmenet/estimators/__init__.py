"""Whatever turns an image into a sigma map in px, behind one protocol."""
