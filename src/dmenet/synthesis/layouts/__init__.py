"""Layouts of synthetic data on disk, one writer per file; ``dmenet.data.layouts.entries`` reads.

A writer never leaves a part of an image under a final name, whenever it is interrupted.
"""
