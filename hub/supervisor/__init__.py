"""The parent of every process on one machine: starts them, waits for health, restarts what crashes, ends them all."""
