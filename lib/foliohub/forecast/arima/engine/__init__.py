"""What is compiled: one series and all its candidates, in nothing but arrays."""
