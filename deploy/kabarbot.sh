#!/bin/sh
# The bot's verbs where it is installed without a container; docs/operating.md says how.
#   sudo -u kabarbot /opt/kabarbot/deploy/kabarbot.sh check
# Settings are read from .env and kabarbot.toml of the folder below, so no secret is in a command line or environment.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
cd "${KABARBOT_SETTINGS:-/etc/kabarbot}"
export DATABASE_PATH="${DATABASE_PATH:-/var/lib/kabarbot/kabarbot.db}"
export PYTHONPATH="$here"
exec "$here/.venv/bin/python" -m bot "$@"
