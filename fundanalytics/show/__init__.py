"""The indicator table → what a reader sees."""
