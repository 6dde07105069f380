"""The four subnetworks, B, D, C and S: plain torch modules without Lightning or I/O."""
