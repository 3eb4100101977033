#!/usr/bin/env bash
# Every check, cheapest first. What must be installed is installed by `make test`. One set of packages throughout, so
# that nothing is compiled twice for another set of features.
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
cargo test --release --workspace
