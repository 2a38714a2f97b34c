#!/bin/bash
# Runs once, when the volume is empty: a role and a database for each service, and nobody in another's database.
set -eu
for service in profile tiering outreach compliance referral gateway; do
    psql -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
        -v role="$service" -v password="$STEWARD_DATABASE_PASSWORD" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE CONNECT ON DATABASE :"role" FROM PUBLIC;
SQL
done
