"""The command line: one verb a module, each importing late what it needs. Decides nothing."""
