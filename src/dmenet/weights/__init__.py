"""Reading and writing weights; files of others are data and never execute code."""
