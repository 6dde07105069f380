"""How folders and shards of synthetic data are read."""
