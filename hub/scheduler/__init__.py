"""The scheduler: runs jobs at their times and when asked, one at a time, and tells when something is wrong."""
