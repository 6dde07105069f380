"""What a sigma map is good for: deblurring, all in focus, refocus, masks."""
