#!/bin/sh
# Send a sample issue on this machine: from briefs in a folder to emails in a folder.
# If you run it again, everything is already done, and nobody gets a second email.
set -eu
cd "$(dirname "$0")/.."
newsletter() { .venv/bin/newsletter --config demo/newsletter.toml "$@"; }

.venv/bin/python examples/old_demo.py demo
if [ ! -f demo/newsletter.toml ]; then
    .venv/bin/newsletter init demo >/dev/null
    sed -i.bak -e 's/^name = "My newsletter"/name = "NorthBrief"/' \
        -e 's/^address = "news@example.org"/address = "desk@northbrief.example"/' \
        -e 's/^postal_address = ""/postal_address = "Harbor Office, 1 Quay, Kaldvik"/' demo/newsletter.toml
    rm demo/newsletter.toml.bak
fi
newsletter list show north >/dev/null 2>&1 ||
    newsletter list add north --name "NorthBrief" --from "NorthBrief <desk@northbrief.example>"
newsletter subscriber import examples/readers.csv --list north --consent "sample readers of the demo"
newsletter source list --json | grep -q '"name": "briefs"' ||
    newsletter source add briefs folder ../examples/briefs --first-poll new --timezone Europe/Oslo --prefix NorthBrief
newsletter schedule show weekly >/dev/null 2>&1 ||
    newsletter schedule add weekly --list north --source briefs --cron "0 6 * * fri" --timezone Europe/Oslo
newsletter schedule run weekly --slot 2026-11-06T06:00 --wait
newsletter issue preview 1 --out demo/preview --force --no-screenshots

count() { newsletter "$@" --json | grep -c '^  {'; }
echo
echo "briefs:  $(count brief list)"
echo "readers: $(count subscriber list --list north)"
echo "emails:  $(find demo/outbox -name '*.eml' | wc -l | tr -d ' ')"
echo
echo "the issue:       $(pwd)/demo/preview/index.html"
echo "the emails:      $(pwd)/demo/outbox/"
echo "the settings:    $(pwd)/demo/newsletter.toml"
echo "next:            make serve"
