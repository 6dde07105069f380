"""Everything that makes an interrupted run exact."""
