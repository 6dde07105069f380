"""Layouts of synthetic data on disk, one writer per file; ``dmenet.data.layouts`` reads.

A writer never leaves a part of an image under a final name, whenever it is interrupted.
"""
