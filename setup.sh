#!/usr/bin/env bash
# Installs what the checks need and is quick where everything is there: Rust, and a software Vulkan device, so that
# graphics cards can be stood in for.
set -euo pipefail

if ! command -v cargo >/dev/null; then
  echo "Rust is missing: install it from https://rustup.rs (1.95 or newer), then run this again" >&2
  exit 1
fi
for component in rustfmt clippy; do
  cargo "${component/rustfmt/fmt}" --version >/dev/null 2>&1 || rustup component add "$component"
done

if [ "$(uname)" = Linux ] && ! compgen -G "/usr/share/vulkan/icd.d/*.json" >/dev/null; then
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends libvulkan1 mesa-vulkan-drivers >/dev/null
  else
    echo "no Vulkan driver: the tests on a graphics card will say that they were skipped" >&2
  fi
fi
