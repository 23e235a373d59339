"""Management commands of the ground."""
