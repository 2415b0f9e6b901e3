"""Questions asked of a listing and their answers, which everybody reads."""
