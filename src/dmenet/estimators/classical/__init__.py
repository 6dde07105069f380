"""Published methods without a network, and what they share."""
