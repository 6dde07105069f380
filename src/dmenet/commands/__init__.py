"""The commands: compose the configuration, call, report."""
