"""What `check` looks at: one concern a module, each returns findings and prints nothing."""
