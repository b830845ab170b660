"""`python -m fieldgan` is the command `fieldgan`."""

from .pipelines.cli import main

if __name__ == "__main__":
    main()
