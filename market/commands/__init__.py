"""The bodies of the commands; `__main__` only finds them."""
