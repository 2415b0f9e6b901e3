"""The kill test: site, worker and PostgreSQL die at random moments while parties trade."""
