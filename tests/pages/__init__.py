from tests.visitor import post, sign_in, token

__all__ = ["post", "sign_in", "token"]
