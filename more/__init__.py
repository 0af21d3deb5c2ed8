"""What `./dev test --more` proves: see README.md beside this."""
