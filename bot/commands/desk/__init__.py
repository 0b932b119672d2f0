"""Editors' commands: each takes an order, has it kept, and says how far it reaches. They change no post themselves."""
