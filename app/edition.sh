#!/usr/bin/env bash
# Names the edition in the page: a digest of all files as the query of those that the page asks for. So no cache on the way
# gives a page files of another edition. Trunk runs it when everything is in its staging folder.
set -euo pipefail
cd "${TRUNK_STAGING_DIR:?}"

digest() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }
edition="$(find . -type f ! -name index.html | LC_ALL=C sort | while read -r file; do echo "$file"; cat "$file"; done | digest | cut -c1-16)"
sed -e "s|\"boot.js\"|\"boot.js?$edition\"|" -e "s|\(href=\"[^\"]*style.css\)\"|\1?$edition\"|" index.html >index.html.new
grep -q "boot.js?$edition" index.html.new && grep -q "style.css?$edition" index.html.new
mv index.html.new index.html
