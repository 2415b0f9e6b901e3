#!/bin/sh
# Makes the database with its two roles, once, when the data folder of PostgreSQL is empty. The owner makes
# tables and triggers; the application's role reads and writes rows, and can neither change nor switch them off.
# Passwords are those of the two addresses.
set -eu

password() {
    rest=${1#*://*:}
    echo "${rest%%@*}"
}

psql --set=ON_ERROR_STOP=1 --set=owner="$(password "$OWNER_DATABASE_URL")" --set=app="$(password "$DATABASE_URL")" \
    --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<'SQL'
CREATE ROLE market_owner LOGIN PASSWORD :'owner';
CREATE ROLE market_app LOGIN PASSWORD :'app';
CREATE DATABASE market OWNER market_owner;
\connect market
ALTER SCHEMA public OWNER TO market_owner;
ALTER DEFAULT PRIVILEGES FOR ROLE market_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO market_app;
ALTER DEFAULT PRIVILEGES FOR ROLE market_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO market_app;
SQL
