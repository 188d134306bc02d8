"""`python -m klimaflow.cli` is the command."""

from klimaflow.cli import main

main()
