"""What documents of outcomes hold about subsidies."""

from market.claims.listed import tell_of_outcomes
from market.listings.search import register_facts

register_facts("outcomes", tell_of_outcomes)
