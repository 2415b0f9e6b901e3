"""The demo market: believable listings, people, deals and a subsidy round, made by the rooms' own acts."""
