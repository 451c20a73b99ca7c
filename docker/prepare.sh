#!/bin/sh
# Writes .env beside this file, once, with secrets of its own.
#   sh docker/prepare.sh NAME [EMAIL]
# NAME is what browsers type. With EMAIL, Caddy fetches a public certificate for it (NAME must be reachable from outside);
# without, it signs one of its own, which browsers must be told to trust.
set -eu
NAME="${1:-}"
case "$NAME" in
  ""|*[!A-Za-z0-9.-]*) echo "Give the name the server is reached by: sh docker/prepare.sh hemaview.example.org [EMAIL]" >&2; exit 1 ;;
esac
FILE="${HEMAVIEW_ENV_FILE:-$(dirname "$0")/.env}"
if [ -e "$FILE" ]; then echo "$FILE is there already; it holds the secrets of this installation and is left as it is." >&2; exit 1; fi
secret() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
DATABASE=$(secret)
REDIS=$(secret)
umask 077
cat > "$FILE" <<END
HEMAVIEW_SITE=$NAME
HEMAVIEW_TLS=${2:-internal}
HEMAVIEW_SECRET_KEY=$(secret)
HEMAVIEW_HOSTS=$NAME
HEMAVIEW_ORIGINS=https://$NAME
HEMAVIEW_PROXIES=172.30.77.0/24
POSTGRES_PASSWORD=$DATABASE
REDIS_PASSWORD=$REDIS
DATABASE_URL=postgres://hemaview:$DATABASE@database:5432/hemaview
REDIS_URL=redis://:$REDIS@redis:6379/0
END
echo "Secrets are in $FILE. Next: docker compose -f docker/compose.yaml up -d --build --wait"
