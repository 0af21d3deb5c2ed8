"""What is checked or written without running the addon: style, source, docs/."""
