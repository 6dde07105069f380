"""What can be photographed: procedural scenes, and photographs with depth."""
