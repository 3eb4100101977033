# `make test` installs what it needs and checks everything; `make explore` shows what there is.

.PHONY: test explore setup

test: setup
	./check.sh

explore: setup
	cargo build --release -p untrained
	cargo run --release --quiet -p untrained -- --help
	cargo run --release --quiet -p untrained -- correlate --published --benchmark nas-bench-nlp

setup:
	./setup.sh
