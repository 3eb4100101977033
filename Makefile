# `make explore` builds the explorer and the program that serves it; `make test` checks everything. Both install what they
# need, and build only what has changed.

.PHONY: explore test

PROGRAM := $(or $(CARGO_TARGET_DIR),target)/release/untrained

explore: $(PROGRAM)
	$(PROGRAM) explore

$(PROGRAM): dist/index.html $(shell find native -type f)
	cargo build --release --bin untrained
	touch $@

dist/index.html: index.html Trunk.toml Cargo.toml Cargo.lock $(shell find app core data -type f)
	./setup.sh
	./app/trunk.sh build

test:
	./setup.sh checks
	./check.sh
