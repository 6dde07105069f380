"""Readers of photographs with depth, one file per layout.

A reader is a ``Sequence[RGBD]`` over a folder, which reads a scene when it is accessed.
"""
