"""Photographs and maps: reading them, writing PNG, previews."""
