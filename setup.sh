#!/usr/bin/env bash
# Installs what building and checking need, reports what it does, and is quick where everything is there.
#
#   ./setup.sh          what the explorer is built with: the WebAssembly target, wasm-bindgen, trunk
#   ./setup.sh checks   that, and what the checks need besides: lints, a software Vulkan device, a browser with Node
set -euo pipefail
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
cd "$(dirname "$0")"

# The same version as in Cargo.lock: the two talk to each other.
WASM_BINDGEN=0.2.130
TRUNK=0.21.14

say() { echo "setup: $*" >&2; }

debian() {
  if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then return 1; fi
  say "installing $*"
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

has_wasm() { ls "$(rustc --print target-libdir --target wasm32-unknown-unknown)"/libstd-*.rlib >/dev/null 2>&1; }

builds() {
  if ! command -v cargo >/dev/null; then
    say "Rust is missing: install it from https://rustup.rs (1.95 or newer), then run this again"
    exit 1
  fi
  if has_wasm; then :
  elif command -v rustup >/dev/null && rustup target add wasm32-unknown-unknown >/dev/null 2>&1 && has_wasm; then
    say "WebAssembly target from rustup"
  elif [ -e /usr/lib/rustlib/src ] || debian rustc-web cargo-web rust-web-src lld-22; then
    say "WebAssembly target built from Debian's sources (rustc-web)"
  else
    say "there is no WebAssembly target: run 'rustup target add wasm32-unknown-unknown'"
    exit 1
  fi
  if [ "$(wasm-bindgen --version 2>/dev/null)" != "wasm-bindgen $WASM_BINDGEN" ]; then
    say "building wasm-bindgen $WASM_BINDGEN, about two minutes"
    cargo install --quiet wasm-bindgen-cli --version "$WASM_BINDGEN"
  fi
  if ! command -v trunk >/dev/null; then
    say "building trunk $TRUNK, about six minutes"
    cargo install --quiet trunk --version "$TRUNK" --locked
  fi
}

checks() {
  for component in rustfmt clippy; do
    cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1 || rustup component add "$component"
  done
  if [ "$(uname)" = Linux ] && ! compgen -G "/usr/share/vulkan/icd.d/*.json" >/dev/null; then
    debian libvulkan1 mesa-vulkan-drivers \
      || say "no Vulkan driver: the tests on a GPU will be skipped"
  fi
  if ! command -v chromium >/dev/null; then
    debian chromium || say "no Chromium: the tests of the explorer will be skipped"
  fi
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    debian nodejs npm || say "no Node with npm: the tests of the explorer will be skipped"
  fi
  if command -v npm >/dev/null && [ ! -e tests/browser/node_modules/axe-core ]; then
    (cd tests/browser && npm ci --silent --no-audit --no-fund) \
      || say "no packages for the browser: the tests of the explorer will be skipped"
  fi
}

builds
if [ "${1:-}" = checks ]; then checks; fi
