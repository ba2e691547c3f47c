#!/bin/sh
# Put something into every room of the demo's newsroom, once. No email leaves this machine.
set -eu
cd "$(dirname "$0")/.."
newsletter() { .venv/bin/newsletter --config demo/newsletter.toml "$@" >/dev/null; }
if newsletter list show harbor 2>/dev/null; then
    exit 0
fi

newsletter list add harbor --name "Harbor Letter" --description "What changed on the quays this week" \
    --visibility public --approval --from "Harbor Letter <harbor@northbrief.example>"
newsletter subscriber import examples/readers.csv --list harbor --consent "sample readers of the demo"
newsletter subscriber tag --list harbor --add quay --yes
newsletter subscriber note ada.lind@example.org "Writes for the harbor museum; prefers to be called in the afternoon."
newsletter subscriber unsubscribe bo.ek@example.org --list harbor --yes
newsletter segment add quays --list harbor --rule 'tag has quay'
newsletter suppression add trap@example.net --note "a trap address that an import had brought"
newsletter privacy add ada.lind@example.org --kind access

newsletter source add blog feed http://127.0.0.1:9/feed --every 30m
newsletter brief hold 2 --reason "waiting for the council's answer"
newsletter schedule add letter --list harbor --source briefs --cron "30 7 * * mon-fri" \
    --timezone Europe/Oslo --min 2 --approval draft
newsletter issue new --list harbor --brief 3 --brief 4 --subject "The week on the quays" \
    --intro "Good morning. Two pieces this week, and a **question** at the end."
newsletter issue new --list north --subject "The office is closed on Friday" \
    --intro "We are back on Monday at eight."
newsletter webhook add archive https://archive.example.org/hook
newsletter webhook pause archive
