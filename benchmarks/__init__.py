"""Speed, measured against named peers in the same run; never asserted by a timed test."""
