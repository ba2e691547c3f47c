#!/bin/sh
# Fetch the scripts of this folder from npm, at the versions below, and compare them with SHA256SUMS.
# To update one: change its version here, run `make vendor`, and if the new file is what you expect,
# write its sum with `sha256sum */* > SHA256SUMS`.
set -eu
cd "$(dirname "$0")"
here=$PWD
there=$(mktemp -d)
trap 'rm -rf "$there"' EXIT

fetch() { # fetch PACKAGE@VERSION FOLDER FILE...
    package=$1 folder=$2
    shift 2
    cd "$there"
    archive=$(npm pack --silent "$package")
    rm -rf package
    tar xzf "$archive"
    mkdir -p "$here/$folder"
    for file in "$@"; do
        cp "package/$file" "$here/$folder/$(basename "$file")"
    done
    cp package/LICENSE "$here/$folder/LICENSE.txt"
    chmod 644 "$here/$folder"/*
    cd "$here"
}

fetch htmx.org@2.0.11 htmx dist/htmx.min.js
fetch sortablejs@1.15.7 sortable Sortable.min.js
fetch @github/markdown-toolbar-element@2.2.3 markdown-toolbar dist/index.js
sha256sum --quiet --check SHA256SUMS
