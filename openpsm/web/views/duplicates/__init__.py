"""The workbench of duplicates: pairs found in the base, merging them, and taking that back."""
