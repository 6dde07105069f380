"""Cameras, apertures, blur, hidden surfaces, light and sensors: from a scene to a photograph."""
