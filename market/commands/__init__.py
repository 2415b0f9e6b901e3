"""The commands; `__main__` parses the arguments and calls them."""
