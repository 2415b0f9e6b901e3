"""Read the tables people send: Excel of both kinds and text, as typed cells that know their address."""
