"""What all commands share: composing, building, jobs of a sweep, devices."""
