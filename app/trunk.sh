#!/usr/bin/env bash
# Runs trunk with a standard library for WebAssembly: the one rustup installed, or one built from Debian's sources where
# rustup's server cannot be reached (setup.sh sees to either).
set -euo pipefail
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
cd "$(dirname "$0")/.."

if ! ls "$(rustc --print target-libdir --target wasm32-unknown-unknown)"/libstd-*.rlib >/dev/null 2>&1; then
  debian="$HOME/.cache/debian-rust"
  mkdir -p "$debian"
  ln -sf /usr/bin/cargo /usr/bin/rustc "$debian/"
  export PATH="$debian:$PATH" RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_abort
  export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22
fi
exec trunk "$@"
