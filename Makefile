# `make explore` builds the explorer and serves it; `make test` checks everything. Both install what they need.

.PHONY: explore test

explore:
	./setup.sh
	./app/trunk.sh serve

test:
	./setup.sh checks
	./check.sh
