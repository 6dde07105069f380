"""From all-in-focus images with depth to photographs as a thin lens takes them, with their blur."""
