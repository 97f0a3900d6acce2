"""`python -m tierwise`: the command, where its own script is not on the path."""

from tierwise.cli.main import run

if __name__ == "__main__":
    run()
