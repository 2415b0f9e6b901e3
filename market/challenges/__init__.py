"""Lists of problems to be solved (揭榜挂帅, 研发众包), their solutions, and who is chosen."""
