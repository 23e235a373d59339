"""Measuring OpenPSM beside bare Django and bare SQL on the same rows, in the same run: `make bench`."""
