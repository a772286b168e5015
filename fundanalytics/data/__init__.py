"""Files or a database → a checked Dataset."""
