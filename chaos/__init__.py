"""What `./dev chaos` proves: see README.md beside this."""
