"""What a headline is, and what follows from it: pure functions and frozen values, no clock, no I/O."""
