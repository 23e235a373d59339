#!/bin/sh
# Runs once, when the database container begins with an empty volume: a role of its own without rights beyond its database.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$OPENPSM_DB_PASSWORD" --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
CREATE ROLE openpsm LOGIN PASSWORD :'password';
CREATE DATABASE openpsm OWNER openpsm ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
SQL
