# `make explore` builds the explorer and the program that serves it; `make test` checks everything. Both install what they
# need, and build only what has changed.

.PHONY: explore notices test

PROGRAM := $(or $(CARGO_TARGET_DIR),target)/release/untrained

explore: $(PROGRAM)
	$(PROGRAM) explore

$(PROGRAM): dist/index.html $(shell find native -type f)
	cargo build --release --bin untrained
	touch $@

dist/index.html: index.html Trunk.toml Cargo.toml Cargo.lock $(shell find app core data -type f)
	./setup.sh
	./app/trunk.sh build

# Licences of all crates, for page and program: to be written again when a dependency was added. Takes minutes,
# the first time a few more to build cargo-about.
notices:
	cargo about --version >/dev/null 2>&1 || cargo install --quiet cargo-about --version 0.9.3 --locked --features cli
	cargo fetch --locked
	cargo about generate --workspace --all-features --frozen --fail --output-file NOTICES.txt about.hbs

# Tests that cannot run here are listed at the end; UNTRAINED_REQUIRE=all makes them fail (tests/lib.rs).
test:
	./setup.sh checks
	./check.sh
