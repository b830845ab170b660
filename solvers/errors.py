"""What can go wrong, one class per exit code, so that the command line maps each to its number."""


class FieldganError(Exception):
    """A failure with a message for people: value, limit and remedy in one line."""

    exit_code = 1


class UsageError(FieldganError):
    """A wrong option, an unknown name, an impossible configuration or physics out of range."""

    exit_code = 2


class IntegrityError(FieldganError):
    """A file that is corrupt, foreign or does not belong to this configuration."""

    exit_code = 3


class NumericalError(FieldganError):
    """A solver that blew up or did not converge; the message names step, time, field and remedy."""

    exit_code = 4


class UnstableStep(NumericalError):
    """A time step beyond the stability limit."""
