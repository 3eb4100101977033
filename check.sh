#!/usr/bin/env bash
# Every check, cheapest first. What must be installed is installed by `make test`. One set of packages throughout, so
# that nothing is compiled twice for another set of features. Tests that were skipped are listed at the end, with reasons;
# UNTRAINED_REQUIRE=all makes them fail instead (tests/lib.rs).
set -euo pipefail
cd "$(dirname "$0")"

cargo fmt --all --check
cargo clippy --release --workspace --all-targets -- -D warnings
# Without Burn, as the page is built: shows a feature that is missing there.
cargo clippy --release -p untrained-core --no-default-features -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --release --no-deps --workspace --quiet
# The folder the tests open in a browser.
./app/trunk.sh build
cargo build --release --workspace --all-targets

UNTRAINED_SKIPPED="$(mktemp)"
export UNTRAINED_SKIPPED
trap 'rm -f "$UNTRAINED_SKIPPED"' EXIT
result=0
cargo test --release --workspace || result=$?
echo "$(sort -u "$UNTRAINED_SKIPPED" | wc -l | tr -d ' ') tests skipped, or a part of them" >&2
sort -u "$UNTRAINED_SKIPPED" | sed 's/^/  /' >&2
exit "$result"
