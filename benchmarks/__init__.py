"""Speed and memory of the package, measured beside what a user would run instead."""
