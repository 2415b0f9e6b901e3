"""Questions asked of the owners of listings and challenges, and their answers, which everybody reads."""
