PYTHON ?= python3

.PHONY: demo test
demo test:
	$(PYTHON) tools/bootstrap.py $@
