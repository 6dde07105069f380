"""The page to try it: a photograph is dropped, its map is looked at, results are taken away."""
