# `make explore` builds the explorer and the program that serves it; `make test` checks everything. Both install what they
# need.

.PHONY: explore test

explore: dist/index.html
	cargo run --release --package untrained -- explore

dist/index.html: index.html Trunk.toml Cargo.toml Cargo.lock $(shell find app core data -type f)
	./setup.sh
	./app/trunk.sh build

test:
	./setup.sh checks
	./check.sh
