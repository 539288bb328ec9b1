"""The quotes service: follows universes on Yahoo's stream, for people to look at.

It keeps the last quote of each ticker in a file that everybody may read, and minute bars in the store. Nothing waits
for it: where no vendor can be reached it says so, tries again ever less often, and everything else goes on.
"""
